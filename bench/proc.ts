/** What Linux tells of processes under /proc. */
import { readdirSync, readFileSync } from 'node:fs';

/** A process and all that it started. */
export function treeOf(root: number | undefined): readonly number[] {
  if (root === undefined) return [];
  const parents = new Map<number, number>();
  for (const name of list('/proc')) {
    const pid = Number(name);
    const [, parent] = (Number.isInteger(pid) && statOf(pid)) || [];
    if (parent !== undefined) parents.set(pid, Number(parent));
  }
  const isOurs = (pid: number | undefined): boolean =>
    pid !== undefined && pid > 1 && (pid === root || isOurs(parents.get(pid)));
  return [...parents.keys()].filter(isOurs);
}

/** Milliseconds of CPU of all threads, as the scheduler counts them in nanoseconds: ticks of a hundredth of a second are too coarse for short slices. */
export function cpuMsOf(pid: number): number {
  const nanoseconds = list(`/proc/${pid}/task`).map((task) =>
    Number(read(`/proc/${pid}/task/${task}/schedstat`)?.split(' ')[0] ?? 0),
  );
  return nanoseconds.reduce((sum, each) => sum + each, 0) / 1e6;
}

/** Bytes of memory that are resident. */
export function rssBytesOf(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(read(`/proc/${pid}/status`) ?? '')?.[1] ?? 0) * 1_024;
}

/** Whether it runs still: neither gone, nor dead and waited for. */
export function isAlive(pid: number): boolean {
  const [state] = statOf(pid) ?? [];
  return state !== undefined && state !== 'Z';
}

/** State, parent, and what follows: all but the number and the name, which may have spaces in it. */
function statOf(pid: number): readonly string[] | undefined {
  const stat = read(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // It ended meanwhile.
    return undefined;
  }
}

function list(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    // It ended meanwhile.
    return [];
  }
}
