import { silent } from '../../../src/shared/logger.ts';
import type { Cache } from '../../../src/worker/domain/cache.ts';
import type { CallContext } from '../../../src/worker/domain/context.ts';
import type { DatabaseSource } from '../../../src/worker/domain/database.ts';
import type { Facilities } from '../../../src/worker/domain/facilities.ts';
import { ANONYMOUS } from '../../../src/worker/domain/principal.ts';
import type { ToolResult } from '../../../src/worker/domain/tool-result.ts';
import {
  type CallObserver,
  type CallTool,
  type CreateCallToolOptions,
  createCallTool,
  type RunCall,
} from '../../../src/worker/tools/call-tool.ts';
import {
  createToolRegistry,
  type RegisteredTool,
  type ToolEntry,
} from '../../../src/worker/tools/registry.ts';
import type { Tool } from '../../../src/worker/tools/tool.ts';

/** A database that no test is meant to ask. */
export const noDatabase: DatabaseSource = {
  during: () => ({
    query: () => Promise.reject(new Error('There is no database in this test')),
    transaction: () => Promise.reject(new Error('There is no database in this test')),
    take: () => Promise.reject(new Error('There is no database in this test')),
    describe: () => Promise.reject(new Error('There is no database in this test')),
  }),
};

const noCache: Cache = {
  get: () => Promise.reject(new Error('There is no cache in this test')),
  set: () => Promise.reject(new Error('There is no cache in this test')),
  delete: () => Promise.reject(new Error('There is no cache in this test')),
  remember: () => Promise.reject(new Error('There is no cache in this test')),
};

/** Tools of tests ask nobody, unless a test says otherwise. */
export const noFacilities: Facilities = {
  db: noDatabase,
  cache: {
    during: () => ({ ...noCache, shared: noCache }),
  },
  fetch: { during: () => () => Promise.reject(new Error('There is no network in this test')) },
};

/** A tool as if it had been found in a file. */
export function entryOf(tool: Tool, facilities: Facilities = noFacilities): ToolEntry {
  return {
    tool,
    origin: { source: 'test.ts', version: 'v1', exportName: undefined },
    facilities,
  };
}

/** Bounds that no test reaches by accident. */
const TOOLING = {
  concurrencyMax: 64,
  concurrencyOfOneMax: 64,
  queueMax: 256,
  resultBytesMax: 1_048_576,
};

/** Counts nothing. */
export const noCallObserver: CallObserver = {
  refuse: () => undefined,
  wait: () => undefined,
  stick: () => undefined,
  retry: () => undefined,
  delay: () => undefined,
  litter: () => undefined,
};

/** The way of calls, where nothing is kept and there are no threads, unless a test says otherwise. */
export function openWay(
  options: Partial<Omit<CreateCallToolOptions, 'tooling'>> & {
    readonly tooling?: Partial<CreateCallToolOptions['tooling']>;
  } = {},
): CallTool {
  return createCallTool({
    cached: (_registered, _given, context, compute) => compute(context),
    threads: { run: () => Promise.reject(new Error('There are no threads in this test')) },
    observer: noCallObserver,
    log: silent,
    ...options,
    tooling: { ...TOOLING, ...options.tooling },
  });
}

/** The way of calls in tests. */
export const callTool = openWay();

/** Runs every call. */
export const runCall: RunCall = (_tool, _given, work) => work();

/** The context of a caller who may do everything, where nobody listens and nobody answers. */
export function contextOf(given: Partial<CallContext> = {}): CallContext {
  return {
    principal: ANONYMOUS,
    cancellation: new AbortController().signal,
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

/** A tool as it can be called. */
export function register(tool: Tool): RegisteredTool {
  const registered = createToolRegistry([entryOf(tool)]).find(tool.name);
  if (registered === undefined) throw new Error('What was registered is found');
  return registered;
}

/** Registers one tool and calls it. */
export async function call(
  tool: Tool,
  given: Readonly<Record<string, unknown>>,
  context: Partial<CallContext> = {},
): Promise<ToolResult> {
  return callTool(register(tool), given, contextOf(context), runCall);
}
