import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { codeOf } from '../../shared/errors.ts';
import { findProcess, type ProcessIdentity, worksIn } from '../process-identity.ts';

/** The first process of a Postgres that runs. */
export interface Postmaster {
  readonly identity: ProcessIdentity;
  readonly port: number;
  /** Whether it accepts connections. */
  readonly ready: boolean;
}

/** The Postgres that serves a data folder now, by its own `postmaster.pid`. A file left by a dead one counts for nothing. */
export function findPostmaster(dataFolder: string): Postmaster | undefined {
  // Lines: pid, data folder, start, port, socket folder, address, shared memory, status.
  const lines = readIfThere(join(dataFolder, 'postmaster.pid'))?.split('\n') ?? [];
  const [pid, , , port, , , , status = ''] = lines;
  const identity = findProcess(Number(pid));
  // It works in its data folder. A stranger who was given the dead one's number does not.
  if (identity === undefined || !worksIn(identity.pid, dataFolder)) return undefined;
  return { identity, port: Number(port), ready: status.trim() === 'ready' };
}

/** Whether the last Postgres of a data folder was started by this very command: it writes that down. */
export function wasStartedBy(
  dataFolder: string,
  [program, ...given]: readonly [string, ...string[]],
): boolean {
  const line = [program, ...given.map((argument) => `"${argument}"`)].join(' ');
  return readIfThere(join(dataFolder, 'postmaster.opts'))?.trim() === line;
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
