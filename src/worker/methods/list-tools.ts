import { holdsScope, type Principal } from '../domain/principal.ts';
import type { Seal } from '../domain/seal.ts';
import { dressTool } from '../protocol/dress.ts';
import type { Method } from '../protocol/methods.ts';
import type { ToolRegistry } from '../tools/registry.ts';
import { pageOf } from './pages.ts';

/** `tools/list` (server/tools): the tools this caller may call, ordered by name. */
export function listTools(registry: ToolRegistry, seal: Seal): Method<Principal> {
  return async (params, { caller, revision }) => {
    const { entries, nextCursor } = pageOf(registry, params, {
      method: 'tools/list',
      caller,
      seal,
      entriesOf: ({ tools }) => tools.filter(({ tool }) => holdsScope(caller, tool.scope)),
      keyOf: ({ tool }) => tool.name,
    });
    return { tools: entries.map(({ listing }) => dressTool(listing, revision)), nextCursor };
  };
}
