import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { findRunAs, type RunAs } from './run-as.ts';

/** Where Postgres keeps its files, and the user it runs as. */
export interface PostgresHome {
  readonly folder: string;
  readonly dataFolder: string;
  readonly runAs: RunAs | undefined;
}

const SHARED_STATE = '/var/lib/holdfast';

/** Finds both, given the state folder. Data once made by a user stays that user's. */
export function findHome(stateFolder: string): PostgresHome {
  const runAs = findRunAs();
  const folder = join(findReachable(stateFolder, runAs), 'postgres');
  const dataFolder = join(folder, 'data');
  const data = statSync(dataFolder, { throwIfNoEntry: false });
  if (runAs === undefined || data === undefined) return { folder, dataFolder, runAs };
  return { folder, dataFolder, runAs: { uid: data.uid, gid: data.gid } };
}

/**
 * A folder for our state that this user can reach: the state folder itself, unless it lies below
 * one that is closed to others. Then it is one among the machine's own state, now and ever after.
 */
function findReachable(stateFolder: string, runAs: RunAs | undefined): string {
  if (runAs === undefined) return stateFolder;
  const name = createHash('sha256').update(stateFolder).digest('hex').slice(0, 12);
  const home = join(SHARED_STATE, name);
  if (!existsSync(home) && canEnter(stateFolder, runAs)) return stateFolder;
  mkdirSync(home, { recursive: true });
  // Whatever the umask is: others pass through, and no more.
  for (const folder of [SHARED_STATE, home]) chmodSync(folder, 0o711);
  return home;
}

function canEnter(folder: string, runAs: RunAs): boolean {
  const { status } = spawnSync('/bin/sh', ['-c', 'cd "$0"', folder], { ...runAs, cwd: '/' });
  return status === 0;
}
