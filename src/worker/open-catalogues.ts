import type { Config } from '../shared/config.ts';
import { readProof } from '../shared/generation.ts';
import type { Logger } from '../shared/logger.ts';
import { loadCatalogue } from './catalogue.ts';
import { Catalogues } from './catalogues.ts';
import { Egress } from './egress/egress.ts';
import { facilitiesOf } from './facilities.ts';
import type { WorkerMetrics } from './observe/metrics.ts';
import type { MountedCounts } from './observe/mounted.ts';
import type { Stores } from './store/stores.ts';
import { StoredPins } from './store/tool-pins.ts';
import { getToolSources } from './tools/load/source.ts';

export interface OpenCataloguesOptions {
  readonly config: Pick<Config, 'stateFolder' | 'tooling' | 'supervision'>;
  /** Which is served first. */
  readonly generation: string;
  /** Whether we go first with it: then nothing of it is taken for proved. */
  readonly isCanary: boolean;
  /** Its database has been migrated. */
  readonly stores: Stores;
  readonly observer: Pick<WorkerMetrics, 'fetched'>;
  readonly mounted: MountedCounts;
  /** What definitions that are not code may refer to. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly log: Logger;
}

/** Loads what is to be served. What it needs is closed with `opened`. Throws a `LoadFailure` with all that does not fit. */
export async function openCatalogues(
  options: OpenCataloguesOptions,
  opened: AsyncDisposableStack,
): Promise<Catalogues> {
  const { config, generation, isCanary, stores, observer, mounted, environment, log } = options;
  const { pool } = stores;
  const isProved = (id: string): boolean =>
    !(isCanary && id === generation) && readProof(config.stateFolder, id)?.faults.length === 0;
  const pins = opened.use(await StoredPins.open({ pool, log }));
  const egress = opened.use(
    new Egress({
      allowed: config.tooling.fetchPrivate,
      onFetched: (outcome) => {
        observer.fetched(outcome);
      },
    }),
  );
  return opened.use(
    await Catalogues.open(generation, {
      load: (id) =>
        loadCatalogue(getToolSources(config.stateFolder, id), {
          facilitiesOf: facilitiesOf({ ...stores, egress }),
          environment,
          isProved: isProved(id),
          observeMounted: (server) => mounted.observe(server),
          log,
        }),
      pins,
      // A module may wait, while it is loaded, for what never comes.
      prepareMsMax: config.supervision.proofMs,
      log,
    }),
  );
}
