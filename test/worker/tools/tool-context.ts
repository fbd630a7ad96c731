import { silent } from '../../../src/shared/logger.ts';
import type { DatabaseSource } from '../../../src/worker/domain/database.ts';
import { ANONYMOUS } from '../../../src/worker/domain/principal.ts';
import { callTool, type RunCall, type ToolResult } from '../../../src/worker/tools/call-tool.ts';
import { createToolRegistry } from '../../../src/worker/tools/registry.ts';
import type { Tool, ToolContext } from '../../../src/worker/tools/tool.ts';

/** A database that no test is meant to ask. */
export const noDatabase: DatabaseSource = {
  during: () => ({
    query: () => Promise.reject(new Error('There is no database in this test')),
    transaction: () => Promise.reject(new Error('There is no database in this test')),
  }),
};

/** Runs every call. */
export const runCall: RunCall = (_tool, _given, work) => work();

/** Registers one tool and calls it, as a caller who may do everything unless the context says otherwise. */
export async function call(
  tool: Tool,
  given: unknown,
  context: Partial<Omit<ToolContext, 'db'>> = {},
): Promise<ToolResult> {
  const registered = createToolRegistry([{ tools: [tool], db: noDatabase }]).find(tool.name);
  if (registered === undefined) throw new Error('What was registered is found');
  const during = {
    principal: ANONYMOUS,
    signal: new AbortController().signal,
    log: silent,
    progress: async () => undefined,
    ...context,
  };
  return callTool(registered, given, during, runCall);
}
