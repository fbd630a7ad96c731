const MIB = 1024 ** 2;
/** What the kernel and the page cache need besides. */
const SHARE_OF_LIMIT = 0.9;
const SUPERVISOR_BYTES = 80 * MIB;
/** Buffers, code and stacks live outside of the heap. */
const SHARE_OF_HEAP = 0.75;
const SHARE_BEFORE_RECYCLE = 0.8;
/** Node's own limit on 64 bits: what nobody limits is not to grow further than without us. */
const HEAP_MIB_DEFAULT = 4_096;
const HEAP_MIB_MIN = 64;
/** A worker that does nothing takes about 100 MiB. */
const WORKER_BYTES_MIN = 128 * MIB;

/** What one worker may take. */
export interface MemoryBudget {
  readonly workerBytes: number;
  /** For `--max-old-space-size`: V8 is to give up, with a stack, before the kernel does. */
  readonly heapMib: number;
  /** A worker that stays over this is replaced. Absent if the budget is tight: every one would be over it from the start. */
  readonly recycleBytes: number | undefined;
  /** It is less than a worker needs that does nothing: more memory is needed, or fewer workers. */
  readonly isTight: boolean;
}

export interface MemoryBudgetOptions {
  /** What the container may take. Absent: as much as the machine has. */
  readonly limitBytes: number | undefined;
  readonly machineBytes: number;
  readonly workers: number;
  /** What one worker may take, if somebody said so. */
  readonly workerBytes: number | undefined;
}

/** Shares memory among the workers, so that V8 notices that it runs out, before the kernel ends a process for it. */
export function memoryBudgetOf(options: MemoryBudgetOptions): MemoryBudget {
  const workerBytes = Math.max(0, options.workerBytes ?? shareOf(options));
  const isTight = workerBytes < WORKER_BYTES_MIN;
  return {
    workerBytes,
    heapMib: Math.max(HEAP_MIB_MIN, Math.floor((SHARE_OF_HEAP * workerBytes) / MIB)),
    recycleBytes: isTight ? undefined : Math.floor(SHARE_BEFORE_RECYCLE * workerBytes),
    isTight,
  };
}

function shareOf({ limitBytes, machineBytes, workers }: MemoryBudgetOptions): number {
  const available = Math.min(limitBytes ?? Number.POSITIVE_INFINITY, machineBytes);
  const share = Math.floor((SHARE_OF_LIMIT * available - SUPERVISOR_BYTES) / workers);
  if (limitBytes !== undefined) return share;
  return Math.min(share, Math.ceil((HEAP_MIB_DEFAULT * MIB) / SHARE_OF_HEAP));
}
