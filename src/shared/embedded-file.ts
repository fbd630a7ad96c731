import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { isNumber, isShaped, isString } from './shape.ts';

const isServer = isShaped({ port: isNumber, password: isString });

/** Who the embedded Postgres lets in. */
export const EMBEDDED_POSTGRES_USER = 'holdfast';

/** `embedded.json` in the state folder: how the embedded servers are reached. Its owner alone may read it. */
export function embeddedFilePath(stateFolder: string): string {
  return join(stateFolder, 'embedded.json');
}

/** The URL of an embedded Postgres. */
export function embeddedPostgresUrl({
  port,
  password,
}: {
  port: number;
  password: string;
}): string {
  return `postgresql://${EMBEDDED_POSTGRES_USER}:${password}@127.0.0.1:${port}/postgres`;
}

/** Where the embedded Postgres of a state folder was last; nothing if there is none, or we may not read it. */
export function findEmbeddedPostgres(stateFolder: string): string | undefined {
  try {
    const servers: unknown = JSON.parse(readFileSync(embeddedFilePath(stateFolder), 'utf8'));
    if (typeof servers !== 'object' || servers === null || !('postgres' in servers))
      return undefined;
    return isServer(servers.postgres) ? embeddedPostgresUrl(servers.postgres) : undefined;
  } catch {
    return undefined;
  }
}
