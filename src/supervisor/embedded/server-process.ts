import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import { findProcess, isRunning, type ProcessIdentity } from '../process-identity.ts';
import type { RunAs } from './run-as.ts';

const POLL_MS = 100;

/** A server in a process of its own, started by us or by somebody before us. */
export interface ServerProcess {
  readonly identity: ProcessIdentity;
  /** Resolves when it has ended, with how. */
  readonly ended: Promise<string>;
}

export interface SpawnOptions {
  readonly runAs: RunAs | undefined;
  readonly folder: string;
  /** What it reads on standard input: where secrets belong, which everybody could read in its arguments. */
  readonly input: string;
  /** Where all it prints goes. Begun anew with each start. */
  readonly logFile: string;
}

/**
 * Starts a server in a process group of its own, so that a Ctrl-C in our terminal does not reach it:
 * it has to outlive the workers. Throws what `spawn` throws.
 */
export async function spawnServer(
  [command, ...args]: readonly [string, ...string[]],
  { runAs, folder, input, logFile }: SpawnOptions,
): Promise<ServerProcess> {
  const output = openSync(logFile, 'w', 0o600);
  const child = spawn(command, args, {
    ...runAs,
    cwd: folder,
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
    stdio: ['pipe', output, output],
    detached: true,
  });
  closeSync(output);
  await once(child, 'spawn');
  const ended = once(child, 'exit').then(([code, signal]) =>
    signal === null ? `exit ${String(code)}` : String(signal),
  );
  child.stdin?.on('error', () => undefined).end(input);
  const pid = child.pid ?? 0;
  return { identity: findProcess(pid) ?? { pid, startedAt: null, bootId: null }, ended };
}

/** Takes over a server that a supervisor before us left behind. */
export function adoptServer(identity: ProcessIdentity): ServerProcess {
  return { identity, ended: goneFrom(identity) };
}

/** Tells a server to stop with the first signal, and should it linger, with the second. */
export async function stopServer(
  { identity, ended }: ServerProcess,
  [gentle, harsh]: readonly [NodeJS.Signals, NodeJS.Signals],
  graceMs: number,
): Promise<void> {
  if (!isRunning(identity)) return;
  process.kill(identity.pid, gentle);
  const patience = new AbortController();
  const overdue = sleep(graceMs, 'overdue', { signal: patience.signal }).catch(() => 'ended');
  const outcome = await Promise.race([ended, overdue]);
  patience.abort();
  if (outcome !== 'overdue' || !isRunning(identity)) return;
  process.kill(identity.pid, harsh);
  await ended;
}

async function goneFrom(identity: ProcessIdentity): Promise<string> {
  while (isRunning(identity)) await sleep(POLL_MS);
  return 'unknown, it was not our child';
}
