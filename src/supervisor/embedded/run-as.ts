import { readFileSync } from 'node:fs';

/** The user an embedded server runs as, where it may not be ourselves. */
export interface RunAs {
  readonly uid: number;
  readonly gid: number;
}

const CANDIDATES = ['postgres', 'nobody'];

/** Postgres refuses root. Root's runs as `postgres`, or as `nobody` where there is no such user; anybody else's as themselves. */
export function findRunAs(): RunAs | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const users = new Map(
    readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .map((line) => line.split(':'))
      .map(([name, , uid, gid]) => [name, { uid: Number(uid), gid: Number(gid) }]),
  );
  return CANDIDATES.map((name) => users.get(name)).find((user) => user !== undefined);
}
