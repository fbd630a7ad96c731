import { bool, type CleanedEnv, type ValidatorSpec } from 'envalid';

import { MIB, privateHosts, wholeNumber } from './validators.ts';

/** How tools are run, from the configuration. What each setting is for, its variable says. */
export interface Tooling {
  readonly watch: boolean;
  readonly fetchPrivate: readonly string[];
  readonly resultBytesMax: number;
  readonly concurrencyMax: number;
  readonly concurrencyOfOneMax: number;
  readonly queueMax: number;
  readonly threads: number;
  readonly threadHeapBytesMax: number;
}

const count = (unit: string, max: number) => wholeNumber(unit, 1, max);

/** The variables of the same. */
export const TOOLING_VARIABLES = {
  MCP_WATCH: bool({
    default: undefined,
    desc: 'Whether tools are loaded anew when their files change. `true` in development',
  }),
  MCP_FETCH_PRIVATE: privateHosts({
    default: [],
    desc: 'What is not public and may be asked by tools all the same: names, addresses and networks such as `10.0.0.0/8`, separated by commas. A name in it may stand for any address',
  }),
  MCP_RESULT_BYTES_MAX: wholeNumber(
    'bytes',
    1_024,
    64 * MIB,
  )({
    default: 4 * MIB,
    desc: 'The largest result of a tool. The model is told of a larger one, and does not get it',
  }),
  MCP_TOOL_CONCURRENCY_MAX: count(
    'calls',
    10_000,
  )({
    default: 64,
    desc: 'Calls of one tool that run at once in one worker, where the tool itself does not say. Others wait',
  }),
  MCP_TOOL_CONCURRENCY_OF_ONE_MAX: count(
    'calls',
    10_000,
  )({
    default: 16,
    desc: 'Calls of one tool that run at once in one worker for one principal. Others wait',
  }),
  MCP_TOOL_QUEUE_MAX: count(
    'calls',
    100_000,
  )({
    default: 256,
    desc: 'Calls of one tool that wait in one worker. One more is answered 429',
  }),
  MCP_THREADS: count(
    'threads',
    64,
  )({
    default: 1,
    desc: 'Threads in one worker for tools that run isolated. With those of all workers, one less than there are cores leaves room for the rest',
  }),
  MCP_THREAD_HEAP_BYTES_MAX: wholeNumber(
    'bytes',
    16 * MIB,
    65_536 * MIB,
  )({
    default: 128 * MIB,
    desc: 'What an isolated tool may take of memory. Its thread is ended when it takes more',
  }),
} satisfies Readonly<Record<string, ValidatorSpec<unknown>>>;

/** Reads how tools are run. */
export function toolingOf(
  variables: CleanedEnv<typeof TOOLING_VARIABLES>,
  development: boolean,
): Tooling {
  return {
    watch: variables.MCP_WATCH ?? development,
    fetchPrivate: variables.MCP_FETCH_PRIVATE,
    resultBytesMax: variables.MCP_RESULT_BYTES_MAX,
    concurrencyMax: variables.MCP_TOOL_CONCURRENCY_MAX,
    concurrencyOfOneMax: variables.MCP_TOOL_CONCURRENCY_OF_ONE_MAX,
    queueMax: variables.MCP_TOOL_QUEUE_MAX,
    threads: variables.MCP_THREADS,
    threadHeapBytesMax: variables.MCP_THREAD_HEAP_BYTES_MAX,
  };
}
