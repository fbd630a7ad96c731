/** Everything that is kept or shown anywhere, read as a text. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { Client } from 'pg';

import { findAdminRecord } from '../../src/shared/admin-files.ts';
import { connect } from '../worker/store/connected.ts';
import type { Place } from './canaries.ts';

const ADMIN_PATHS = [
  '/metrics',
  '/supervisor/state',
  '/supervisor/events',
  '/supervisor/fatal',
  '/supervisor/quarantine',
  '/healthz',
  '/readyz?verbose',
] as const;

/** All rows of all tables that are not Postgres' own. */
export async function readPostgres(url: string): Promise<Place[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows: tables } = await client.query<{ name: string }>(`
      select format('%I.%I', schemaname, tablename) as name from pg_tables
      where schemaname not in ('pg_catalog', 'information_schema')`);
    const places: Place[] = [];
    for (const { name } of tables) {
      // oxlint-disable-next-line no-await-in-loop -- over one connection
      const { rows } = await client.query<{ text: string }>(
        `select t::text as text from ${name} t`,
      );
      places.push({ name: `postgres ${name}`, text: rows.map(({ text }) => text).join('\n') });
    }
    return places;
  } finally {
    await client.end();
  }
}

export async function readRedis(url: string): Promise<Place> {
  using connected = await connect({ url });
  const { redis } = connected;
  const keys = await redis.keys('*');
  const values = await Promise.all(
    keys.map(async (key): Promise<unknown> => {
      switch (await redis.type(key)) {
        case 'string':
          return redis.get(key);
        case 'hash':
          return redis.hgetall(key);
        case 'list':
          return redis.lrange(key, 0, -1);
        case 'set':
          return redis.smembers(key);
        case 'zset':
          return redis.zrange(key, '0', '-1');
        case 'stream':
          return redis.xrange(key, '-', '+');
        default:
          return undefined;
      }
    }),
  );
  return {
    name: 'redis',
    text: keys.map((key, index) => `${key} ${JSON.stringify(values[index])}`).join('\n'),
  };
}

/** What operators are shown. */
export async function readAdmin(stateFolder: string, token: string): Promise<Place[]> {
  const port = findAdminRecord(stateFolder)?.port;
  return Promise.all(
    ADMIN_PATHS.map(async (path) => {
      const headers = { authorization: `Bearer ${token}` };
      const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers });
      return { name: `admin ${path}`, text: `${response.status} ${await response.text()}` };
    }),
  );
}

/** All files in folders, but those that are there to hold a secret. */
export function readFolders(folders: readonly string[], spared: readonly string[]): Place[] {
  return folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !spared.includes(entry.name))
      .map(({ parentPath, name }) => join(parentPath, name))
      .map((path) => ({ name: `file ${path}`, text: readFileSync(path, 'latin1') })),
  );
}

/** The command lines of all processes there are. */
export function readCommandLines(): Place {
  const lines = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      } catch {
        return '';
      }
    });
  return { name: 'process list', text: lines.join('\n') };
}
