import type { Config } from '../shared/config.ts';
import type { Logger } from '../shared/logger.ts';
import type { Catalogues } from './catalogues.ts';
import type { WorkerMetrics } from './observe/metrics.ts';
import type { Stores } from './store/stores.ts';
import { createCached } from './tools/cached.ts';
import { type CallTool, createCallTool } from './tools/call-tool.ts';
import { Threads } from './tools/isolate/threads.ts';

export interface OpenCallsOptions {
  readonly config: Pick<Config, 'tooling'>;
  readonly stores: Pick<Stores, 'results'>;
  readonly catalogues: Catalogues;
  readonly observer: WorkerMetrics;
  readonly log: Logger;
}

/** Makes the way of all calls of tools in this worker. What it needs is closed with `opened`. */
export function openCalls(
  { config, stores, catalogues, observer, log }: OpenCallsOptions,
  opened: AsyncDisposableStack,
): CallTool {
  const { tooling } = config;
  const threads = opened.use(
    new Threads({
      ...tooling,
      memoryBytesMax: tooling.threadHeapBytesMax,
      observer,
      log,
      now: () => performance.now(),
    }),
  );
  const serveThreads = (): void => {
    const versions = catalogues.tools.tools.map(({ origin }) => origin.version);
    threads.serve([...new Set(versions)]);
  };
  serveThreads();
  opened.use(catalogues.onServed(serveThreads));
  const cached = createCached({
    results: stores.results,
    count: (tool, outcome) => {
      observer.countCached(tool, outcome);
    },
  });
  const onLoading = (heed: () => Disposable): void => {
    opened.use(catalogues.onLoading(heed));
  };
  return catalogues.lend(createCallTool({ tooling, cached, threads, observer, log, onLoading }));
}
