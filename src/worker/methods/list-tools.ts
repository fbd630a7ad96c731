import { Failure } from '../../shared/errors.ts';
import { holdsScope, type Principal } from '../domain/principal.ts';
import type { Method } from '../protocol/methods.ts';
import type { ToolRegistry } from '../tools/registry.ts';

/** `tools/list` (2025-11-25, server/tools): the tools this caller may call, ordered by name, on one page. */
export function listTools(registry: ToolRegistry): Method<Principal> {
  return async ({ cursor }, { caller }) => {
    // All is on the first page: we have given out no cursor.
    if (cursor !== undefined) throw new Failure('invalid', 'This cursor is not one of ours');
    const tools = registry.tools
      .filter(({ tool }) => holdsScope(caller, tool.scope))
      .map(({ listing }) => listing);
    return { tools };
  };
}
