import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';

import { Failure } from '../../shared/errors.ts';

/** The user an embedded server runs as, where it may not be ourselves. */
export interface RunAs {
  readonly uid: number;
  readonly gid: number;
}

const CANDIDATES = ['postgres', 'nobody'];

/** Postgres refuses root. Root's runs as `postgres`, or as `nobody` where there is no such user; anybody else's as themselves. */
export function findRunAs(): RunAs | undefined {
  if (process.getuid?.() !== 0) {
    requireKnownUser();
    return undefined;
  }
  const users = new Map(
    readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .map((line) => line.split(':'))
      .map(([name, , uid, gid]) => [name, { uid: Number(uid), gid: Number(gid) }]),
  );
  return CANDIDATES.map((name) => users.get(name)).find((user) => user !== undefined);
}

const SHARED_STATE = '/var/lib/holdfast';

/** Postgres refuses a user without a name, and says so only to its log. */
function requireKnownUser(): void {
  try {
    userInfo();
  } catch (error) {
    throw new Failure(
      'invalid',
      `The embedded Postgres cannot run as user ${process.getuid?.()}, whom this system has no entry for. Run as another user, or set DATABASE_URL.`,
      { cause: error },
    );
  }
}

/**
 * A folder for our state that this user can reach: the state folder itself, unless it lies below
 * one that is closed to others. Then it is one among the machine's own state, now and ever after.
 */
export function findReachable(stateFolder: string, runAs: RunAs | undefined): string {
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
