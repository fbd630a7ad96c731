/** Processes as /proc shows them. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

/** The children of a process. */
export function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
      .split(' ')
      .filter(Boolean)
      .map(Number);
  } catch {
    return [];
  }
}

/** Whether it is one of our workers, and not what is left of one. */
export function isWorker(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    if (/\) Z /.test(stat)) return false;
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('holdfast.js\0worker');
  } catch {
    return false;
  }
}

/** A process as a person knows it. */
export function describeProcess(pid: number): string {
  try {
    return `${pid} ${readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')}`;
  } catch {
    return String(pid);
  }
}

/** Signals a process that is there. Where there is none it throws: to Node, pid 0 is the group that runs the tests. */
export function signal(pid: number | null | undefined, what: NodeJS.Signals): void {
  assert.ok(typeof pid === 'number' && pid > 0, 'there is no process to signal');
  process.kill(pid, what);
}

/** Ends a process that may be gone. */
export function kill(pid: number): void {
  assert.ok(pid > 0, 'there is no process to end');
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It is gone.
  }
}

/** An environment without anything that is meant for us. */
export function withoutOurs(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !/^(MCP_|DATABASE_|REDIS_|NODE_TEST)/.test(name)),
  );
}
