import type { Principal } from '../domain/principal.ts';
import type { Seal } from '../domain/seal.ts';
import { dressTool } from '../protocol/dress.ts';
import type { Method } from '../protocol/methods.ts';
import type { RegisteredTool, ToolRegistry } from '../tools/registry.ts';
import { Pages } from './pages.ts';

/** `tools/list` (server/tools): the tools this caller may call, ordered by name. */
export function listTools(registry: ToolRegistry, seal: Seal): Method<Principal> {
  const pages = new Pages<ToolRegistry, RegisteredTool>({
    method: 'tools/list',
    seal,
    entriesOf: ({ tools }) => tools,
    keyOf: ({ tool }) => tool.name,
    scopeOf: ({ tool }) => tool.scope,
    show: ({ listing }, revision) => dressTool(listing, revision),
  });
  return async (params, call) => {
    const { entries, nextCursor } = pages.pageOf(registry, params, call);
    return { tools: entries, nextCursor };
  };
}
