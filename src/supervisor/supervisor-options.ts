import type { FromWorker } from '../shared/ipc.ts';
import type { CrashLedgerOptions, Fatality } from './crash-ledger.ts';
import type { ToolsReload } from './generations/tools-reload.ts';
import type { WorkerHandle, WorkerHandleOptions } from './incarnation/worker-handle.ts';
import type { Forked } from './incarnation/worker-process.ts';
import type { PoisonWatchOptions } from './poison/poison-watch.ts';
import type { Farewell, Place } from './slot.ts';

export interface SupervisorOptions
  extends Pick<WorkerHandleOptions, 'host' | 'parseHangLine' | 'emit' | 'onStderrLine'>,
    Pick<PoisonWatchOptions, 'breadcrumbs' | 'quarantineMs' | 'readCalls'>,
    CrashLedgerOptions {
  readonly workerCount: number;
  readonly limits: WorkerHandleOptions['limits'];
  readonly farewell: Omit<Farewell, 'reason'>;
  readonly reloadSettleMs: number;
  /** What agents are offered: which generation workers are to load, and what they say to it. */
  readonly tools: Pick<ToolsReload, 'current' | 'isSwapping' | 'settled' | 'heed' | 'snapshot'>;
  /** Workers share the memory there is among as many as there are to be. */
  readonly fork: (place: Place, workerCount: number) => Forked;
  /** Called with what workers count, as they send it. */
  readonly onMetrics: (said: Extract<FromWorker, { type: 'metrics' }>, from: WorkerHandle) => void;
  /** Called when it was decided to end, before what runs is finished. */
  readonly onFatality: (fatality: Fatality) => void;
  /** Called several times a second, while we are alive. */
  readonly onTick: () => void;
}
