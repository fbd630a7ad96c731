import type { Config } from '../shared/config.ts';
import { rotateLogFile } from '../shared/log-file.ts';
import type { OwnLogger } from '../shared/logger.ts';
import type { SupervisorEvent } from './events.ts';
import { Watch } from './generations/watch.ts';
import { WornWorkers } from './generations/worn-workers.ts';
import { Recycler } from './host/recycler.ts';
import { findMemoryBudget } from './launch.ts';
import type { Tools } from './open-tools.ts';
import type { Supervisor } from './supervisor.ts';

export interface UpkeepOptions {
  readonly config: Config;
  readonly supervisor: Supervisor;
  readonly tools: Tools;
  readonly emit: (event: SupervisorEvent) => void;
  readonly log: OwnLogger;
}

/** Looks after what changes by itself, for as long as it is not disposed of: memory, the log file, and the files of tools. */
export function keepUp(options: UpkeepOptions): Disposable {
  const { config, tools } = options;
  using opened = new DisposableStack();
  opened.use(lookAfterMemory(options));
  opened.use(lookAfterGenerations(options));
  lookAfterLog(options, opened);
  if (config.tooling.watch) {
    const onChange = (): void => {
      tools.reload.noteChange();
    };
    opened.use(new Watch({ paths: tools.paths(), onChange }));
  }
  return opened.move();
}

function lookAfterMemory({ config, supervisor, emit }: UpkeepOptions): Disposable {
  const { recycleGapMs: gapMs, memoryCheckMs: everyMs } = config.supervision;
  return new Recycler({
    limitsFor: (workerCount) => {
      const { recycleBytes } = findMemoryBudget(config, workerCount);
      return recycleBytes === undefined ? undefined : { recycleBytes, gapMs };
    },
    everyMs,
    snapshot: () => supervisor.snapshot(),
    recycle: (slot, reason) => supervisor.recycle(slot, reason),
    emit,
  });
}

function lookAfterGenerations({ config, supervisor, tools }: UpkeepOptions): Disposable {
  const { generationsMax, memoryCheckMs: everyMs } = config.supervision;
  return new WornWorkers({
    generationsMax,
    everyMs,
    snapshot: () => supervisor.snapshot(),
    isSwapping: () => tools.reload.isSwapping,
    recycle: (slot, reason) => supervisor.recycle(slot, reason),
  });
}

/** We alone rotate the file that all write to; the others are told. */
function lookAfterLog({ config, supervisor, log }: UpkeepOptions, opened: DisposableStack): void {
  const { file, fileBytesMax, fileCheckMs } = config.log;
  if (file === undefined) return;
  const timer = setInterval(() => {
    if (!rotateLogFile(file, fileBytesMax)) return;
    log.reopenFile();
    supervisor.tell({ type: 'reopen-log' });
  }, fileCheckMs);
  opened.defer(() => {
    clearInterval(timer);
  });
}
