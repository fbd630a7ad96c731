import cluster from 'node:cluster';
import { totalmem } from 'node:os';

import type { Config } from '../shared/config.ts';
import { codeOf } from '../shared/errors.ts';
import { parseHangLine } from '../shared/hang-line.ts';
import { encodeWorkerRole } from '../shared/ipc.ts';
import type { SupervisorEvent } from './events.ts';
import { readCgroup } from './host/cgroup.ts';
import { KERNEL_FOLDERS } from './host/kernel-file.ts';
import { type MemoryBudget, memoryBudgetOf } from './host/memory-budget.ts';
import { findProcessState, preferAsVictim } from './host/process-state.ts';
import type { Forked } from './incarnation/worker-process.ts';
import {
  breadcrumbFile,
  breadcrumbFolders,
  openBreadcrumbFolder,
  readBreadcrumbs,
  removeBreadcrumbs,
} from './poison/breadcrumb-folder.ts';
import { Supervisor } from './supervisor.ts';
import type { SupervisorOptions } from './supervisor-options.ts';

const BOOT_FAILURES_MAX = 5;
/** A port that is taken may be a predecessor's, which leaves. */
export const PORT_ATTEMPTS_MAX = 4;
const SLOT_FAILURES_MAX = 10;
const SCORE_MAX_MIN = 6;
const SCORE_MAX_OF_WORKER = 3;
/** What a worker may take beyond its drain to close what it holds. */
const STOP_GRACE_MS = 2_000;

export interface LaunchOptions
  extends Pick<
    SupervisorOptions,
    'onMetrics' | 'onStderrLine' | 'onTick' | 'onFatality' | 'tools'
  > {
  readonly config: Config;
  /** `bin/holdfast.js`. */
  readonly bin: string;
  /** What workers find in their environment beside what we found in ours. */
  readonly environment: () => object;
  readonly emit: (event: SupervisorEvent) => void;
}

/** Makes the supervisor that a configuration asks for. Nothing runs yet. */
export function createSupervisor(options: LaunchOptions): Supervisor {
  const { config, emit, onMetrics, onStderrLine, onTick, onFatality } = options;
  const { supervision } = config;
  const crumbs = config.breadcrumbs === 'off' ? undefined : openCrumbs(config.stateFolder);
  return new Supervisor({
    workerCount: config.workers,
    budgetFor: (workerCount) => ({
      ...supervision,
      bootFailuresMax: BOOT_FAILURES_MAX,
      portAttemptsMax: PORT_ATTEMPTS_MAX,
      slotFailuresMax: SLOT_FAILURES_MAX,
      // One mass kill of all never is a loop.
      scoreMax: Math.max(SCORE_MAX_MIN, SCORE_MAX_OF_WORKER * workerCount),
    }),
    limits: supervision,
    startupMs: config.startupDeadlineMs,
    zeroCapacityMs: supervision.zeroCapacityMs,
    farewell: {
      deadlineMs: config.drainMs,
      graceMs: STOP_GRACE_MS,
    },
    reloadSettleMs: supervision.reloadSettleMs,
    tools: options.tools,
    breadcrumbs: config.breadcrumbs,
    quarantineMs: supervision.quarantineMs,
    host: {
      findProcessState: (pid) => findProcessState(pid, KERNEL_FOLDERS),
      countOomKills: () => readCgroup(KERNEL_FOLDERS).oomKills ?? 0,
    },
    parseHangLine,
    readCalls: ({ slot, incarnation }) => {
      const path = crumbs?.(slot, incarnation);
      if (path === undefined) return [];
      const calls = readBreadcrumbs(path);
      removeBreadcrumbs(path);
      return calls;
    },
    fork: ({ slot, incarnation, canary }, workerCount) => {
      setUpForks(options, workerCount);
      const role = encodeWorkerRole({ slot, canary, breadcrumbs: crumbs?.(slot, incarnation) });
      return tryToFork({ ...options.environment(), ...role });
    },
    emit,
    onMetrics,
    onStderrLine,
    onTick,
    onFatality,
  });
}

/** Where there is no memory for a process, Node throws; where there are no files, it tells later. */
function tryToFork(environment: object): Forked {
  try {
    const worker = cluster.fork(environment);
    if (worker.process.pid !== undefined) preferAsVictim(worker.process.pid, KERNEL_FOLDERS);
    return worker;
  } catch (error) {
    return { forkError: codeOf(error) ?? 'unknown error' };
  }
}

/** What each worker may take of the memory there is. */
export function findMemoryBudget({ workerMemoryBytes }: Config, workers: number): MemoryBudget {
  return memoryBudgetOf({
    limitBytes: readCgroup(KERNEL_FOLDERS).memoryLimitBytes,
    machineBytes: totalmem(),
    workers,
    workerBytes: workerMemoryBytes,
  });
}

function setUpForks({ bin, config }: LaunchOptions, workerCount: number): void {
  // A worker that hangs then swallows one connection, and not its share of all.
  cluster.schedulingPolicy = cluster.SCHED_RR;
  cluster.setupPrimary({
    // The worker is a path here and not an import: the supervisor must outlive its mistakes.
    exec: bin,
    args: ['worker'],
    // What a worker prints last is evidence; what it logs is its own affair.
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    execArgv: nodeOptionsOf(config, workerCount),
  });
}

/** What Node is told where tools are loaded. */
export function nodeOptionsOf(config: Config, workerCount: number): string[] {
  return [
    '--disable-sigusr1',
    `--max-old-space-size=${findMemoryBudget(config, workerCount).heapMib}`,
    // In a clone, tools import this package by name and get its sources.
    ...(import.meta.url.endsWith('.ts') ? ['--conditions=holdfast-source'] : []),
  ];
}

function openCrumbs(
  stateFolder: string,
): ((slot: number, incarnation: number) => string) | undefined {
  const folder = openBreadcrumbFolder(breadcrumbFolders(stateFolder));
  return folder === undefined
    ? undefined
    : (slot, incarnation) => breadcrumbFile(folder, slot, incarnation);
}
