import { silent } from '../../../src/shared/logger.ts';
import type { Context } from '../../../src/worker/domain/context.ts';
import type { DatabaseSource } from '../../../src/worker/domain/database.ts';
import { ANONYMOUS } from '../../../src/worker/domain/principal.ts';
import type { ToolResult } from '../../../src/worker/domain/tool-result.ts';
import { callTool, type RunCall } from '../../../src/worker/tools/call-tool.ts';
import { createToolRegistry } from '../../../src/worker/tools/registry.ts';
import type { Tool } from '../../../src/worker/tools/tool.ts';

/** A database that no test is meant to ask. */
export const noDatabase: DatabaseSource = {
  during: () => ({
    query: () => Promise.reject(new Error('There is no database in this test')),
    transaction: () => Promise.reject(new Error('There is no database in this test')),
  }),
};

/** Runs every call. */
export const runCall: RunCall = (_tool, _given, work) => work();

/** The context of a caller who may do everything, where nobody listens and nobody answers. */
export function contextOf(given: Partial<Omit<Context, 'db'>> = {}): Omit<Context, 'db'> {
  return {
    principal: ANONYMOUS,
    signal: new AbortController().signal,
    trace: undefined,
    log: silent,
    progress: async () => undefined,
    message: async () => undefined,
    ask: () => Promise.reject(new Error('Nobody is asked in this test')),
    announce: async () => undefined,
    release: async () => undefined,
    ...given,
  };
}

/** Registers one tool and calls it. */
export async function call(
  tool: Tool,
  given: Readonly<Record<string, unknown>>,
  context: Partial<Omit<Context, 'db'>> = {},
): Promise<ToolResult> {
  const registered = createToolRegistry([{ tools: [tool], db: noDatabase }]).find(tool.name);
  if (registered === undefined) throw new Error('What was registered is found');
  return callTool(registered, given, contextOf(context), runCall);
}
