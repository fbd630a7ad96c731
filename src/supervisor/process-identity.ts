import { readFileSync } from 'node:fs';

/**
 * A process, told apart from a later one that was given the same number: by when it started and
 * in which boot of the machine. Where there is no /proc, its number must do.
 */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startedAt: string | null;
  readonly bootId: string | null;
}

const START_TIME_FIELD = 22;

/** Reads who runs under a number now; nothing if nobody does, or only what is left of one. */
export function findProcess(pid: number): ProcessIdentity | undefined {
  if (!isAlive(pid)) return undefined;
  const bootId = read('/proc/sys/kernel/random/boot_id')?.trim() ?? null;
  if (bootId === null) return { pid, startedAt: null, bootId: null };
  const stat = read(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // The second field is the name, in brackets, with whatever characters it likes.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields[0] === 'Z') return undefined;
  return { pid, startedAt: fields[START_TIME_FIELD - 3] ?? null, bootId };
}

/** Whether that very process still runs. */
export function isRunning(known: ProcessIdentity): boolean {
  const now = findProcess(known.pid);
  return now !== undefined && now.startedAt === known.startedAt && now.bootId === known.bootId;
}

/** Reads an identity that was written to a file. */
export function parseProcessIdentity(value: unknown): ProcessIdentity | undefined {
  if (typeof value !== 'object' || value === null || !('pid' in value)) return undefined;
  const { pid } = value;
  if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid < 1) return undefined;
  const startedAt =
    'startedAt' in value && typeof value.startedAt === 'string' ? value.startedAt : null;
  const bootId = 'bootId' in value && typeof value.bootId === 'string' ? value.bootId : null;
  return { pid, startedAt, bootId };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It is there, and somebody else's.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
