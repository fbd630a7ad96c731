import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';

/**
 * A process, told apart from a later one that was given the same number: by when it started and
 * in which boot of the machine. Where there is no /proc, `ps` knows when it started.
 */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startedAt: string | null;
  readonly bootId: string | null;
}

const START_TIME_FIELD = 22;

/** Reads who runs under a number now; nothing if nobody does, or only what is left of one. */
export function findProcess(pid: number): ProcessIdentity | undefined {
  if (!Number.isSafeInteger(pid) || pid < 1 || !isAlive(pid)) return undefined;
  const bootId = read('/proc/sys/kernel/random/boot_id')?.trim() ?? null;
  if (bootId === null) return { pid, startedAt: askPs(pid), bootId: null };
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

/** Whether a process works in a folder. Where there is no /proc, it is taken for granted. */
export function worksIn(pid: number, folder: string): boolean {
  if (!existsSync('/proc')) return true;
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(folder);
  } catch {
    return false;
  }
}

/** Every process that works in a folder. Where there is no /proc, none is found. */
export function findProcessesIn(folder: string): ProcessIdentity[] {
  if (!existsSync('/proc')) return [];
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && worksIn(pid, folder))
    .flatMap((pid) => findProcess(pid) ?? []);
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

function askPs(pid: number): string | null {
  const { stdout, error } = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], {
    encoding: 'utf8',
  });
  return error === undefined ? stdout.trim() || null : null;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
