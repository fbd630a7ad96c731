import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';

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
