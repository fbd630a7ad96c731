import type { Logger } from '../shared/logger.ts';
import type { Fault } from '../shared/proof.ts';
import type { Tooling } from '../shared/tooling.ts';
import { loadCatalogue } from '../worker/catalogue.ts';
import { Egress } from '../worker/egress/egress.ts';
import type { Lists } from '../worker/held-catalogue.ts';
import { runSelfTests, SELF_TEST_MS_MAX } from '../worker/self-tests.ts';
import { monotonic } from '../worker/store/monotonic.ts';
import { createPool } from '../worker/store/pool.ts';
import { type CallObserver, type CallTool, createCallTool } from '../worker/tools/call-tool.ts';
import { Threads, type ThreadsObserver } from '../worker/tools/isolate/threads.ts';
import { LoadFailure } from '../worker/tools/load/load-failure.ts';
import { getToolSources, type ToolSource } from '../worker/tools/load/source.ts';
import { dryRun } from './dry-run.ts';
import { provingFacilities } from './proving-facilities.ts';

export interface ProveOptions {
  readonly stateFolder: string;
  readonly generation: string;
  /** Where there is none, nothing is tried that needs one. */
  readonly databaseUrl: string | undefined;
  /** What definitions that are not code may refer to. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly tooling: Tooling;
  readonly log: Logger;
  /** Told which file is loaded from now on: none, when that is done. */
  readonly onBusyWith: (file: string | undefined) => void;
}

/** What there is to say of a generation. */
export interface Findings {
  /** What it offers. Absent where it could not be loaded. */
  readonly lists: Lists | undefined;
  readonly faults: readonly Fault[];
  readonly warnings: readonly Fault[];
}

const CONNECTIONS_MAX = 4;
const UNOBSERVED: CallObserver & ThreadsObserver = {
  refuse: () => undefined,
  wait: () => undefined,
  stick: () => undefined,
  retry: () => undefined,
  delay: () => undefined,
  litter: () => undefined,
  endThread: () => undefined,
};
const NOWHERE = { line: undefined, column: undefined } as const;

/**
 * Does with a generation what workers are going to do: loads it, shows it to every revision, migrates, sets up, and lets its
 * tools try themselves. Each step is taken only if the ones before it went well: nothing is migrated for what is known to be
 * broken. Redis is not needed.
 */
export async function prove(options: ProveOptions): Promise<Findings> {
  const { stateFolder, generation, databaseUrl, environment, log, onBusyWith: onFile } = options;
  await using opened = new AsyncDisposableStack();
  const pool = databaseUrl === undefined ? undefined : opened.use(openPool(databaseUrl));
  const egress = opened.use(
    new Egress({ allowed: options.tooling.fetchPrivate, onFetched: () => undefined }),
  );
  const { facilitiesOf, wanting } = provingFacilities(pool?.pool, egress);
  let lists: Lists | undefined;
  try {
    const sources = getToolSources(stateFolder, generation);
    const loading = { facilitiesOf, environment, isProved: false, log, onFile };
    const loaded = await loadCatalogue(sources, loading);
    onFile(undefined);
    const { gatherTools, resources, prompts, warnings } = opened.use(loaded);
    lists = { tools: gatherTools(), resources, prompts };
    const unfit = dryRun(lists);
    if (unfit.length > 0) return { lists, faults: unfit, warnings };
    const skipped = await prepare(sources, options);
    const callTool = openCalls(options, opened);
    const tried = await runSelfTests(lists.tools.tools, { callTool, msMax: SELF_TEST_MS_MAX, log });
    // It says nothing about a tool that it failed for want of something.
    const isJudged = ({ subject }: Fault): boolean =>
      subject === undefined || !wanting.has(subject);
    const unjudged = tried.filter((fault) => !isJudged(fault));
    return {
      lists,
      faults: tried.filter(isJudged),
      warnings: [...warnings, ...skipped, ...unjudged],
    };
  } catch (error) {
    return { lists, faults: LoadFailure.of(error).faults, warnings: [] };
  }
}

/** Calls go the way that they go in a worker, but nothing is kept, and nothing counted. */
function openCalls({ tooling, log }: ProveOptions, opened: AsyncDisposableStack): CallTool {
  const { threads, threadHeapBytesMax: memoryBytesMax } = tooling;
  const observer = UNOBSERVED;
  return createCallTool({
    tooling,
    cached: (_registered, _given, context, compute) => compute(context),
    threads: opened.use(
      new Threads({ ...tooling, threads, memoryBytesMax, observer, log, now: monotonic }),
    ),
    observer,
    log,
  });
}

function openPool(url: string): AsyncDisposable & { readonly pool: ReturnType<typeof createPool> } {
  const pool = createPool({ url, connectionsMax: CONNECTIONS_MAX, name: 'holdfast prover' });
  pool.on('error', () => undefined);
  return { pool, [Symbol.asyncDispose]: () => pool.end() };
}

/** Migrates and sets up what asks for it. Throws a `LoadFailure` that names whose it is. Returns what could not be done. */
async function prepare(
  sources: readonly ToolSource[],
  { databaseUrl: url, log }: ProveOptions,
): Promise<readonly Fault[]> {
  const asking = sources.filter(({ migrations, setup }) => migrations ?? setup);
  if (asking.length === 0) return [];
  // Most have neither, and do not wait for it.
  const { prepareTools } = await import('../worker/prepare-databases.ts');
  const skipped: Fault[] = [];
  for (const source of asking) {
    const { path } = source;
    if (url === undefined) {
      const message = 'Its migrations and its setup were not tried: there is no database';
      skipped.push({ ...NOWHERE, file: path, subject: undefined, message });
      continue;
    }
    const quiet = { enter: () => undefined, showProgress: () => undefined };
    try {
      // oxlint-disable-next-line no-await-in-loop -- one after the other, as when a worker boots
      await prepareTools({ url, sources: [source], log, ...quiet });
    } catch (error) {
      throw LoadFailure.of(error, path);
    }
  }
  return skipped;
}
