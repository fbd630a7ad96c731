import type { Client } from 'pg';
import type Pool from 'pg-pool';

import { silent } from '../../../../src/shared/logger.ts';
import type { Database } from '../../../../src/worker/domain/database.ts';
import { openClient, openPool } from '../../../../src/worker/store/pool.ts';
import { PooledDatabase } from '../../../../src/worker/store/tool-database/pooled-database.ts';
import { createDatabase } from '../../../postgres.ts';

/** The signal of a call that is not given up. */
const NEVER = new AbortController().signal;

/** Two folders of tools that share a pool. Each has a table `things (name text not null)`. */
export interface Folders extends AsyncDisposable {
  readonly url: string;
  readonly pool: Pool<Client>;
  readonly paint: Database;
  readonly saws: Database;
  /** A connection beside the pool. */
  readonly admin: Client;
  /** Whether a backend still runs. */
  readonly isThere: (pid: number | undefined) => Promise<boolean>;
}

/** Opens a database with two schemas, and a pool. */
export async function openFolders({
  connectionsMax,
}: {
  readonly connectionsMax: number;
}): Promise<Folders> {
  const opened = new AsyncDisposableStack();
  const { url } = opened.use(await createDatabase());
  const admin = opened.adopt(await openClient(url), (client) => client.end());
  await admin.query(`
    create schema paint; create table paint.things (name text not null);
    create schema saws; create table saws.things (name text not null);`);
  const options = { deadlineMs: 10_000, report: () => undefined, log: silent };
  const postgres = opened.use(await openPool({ url, connectionsMax, ...options }));
  const { pool } = postgres;
  return {
    url,
    pool,
    paint: new PooledDatabase(pool, 'paint').during(NEVER),
    saws: new PooledDatabase(pool, 'saws').during(NEVER),
    admin,
    async isThere(pid) {
      const { rowCount } = await admin.query('select from pg_stat_activity where pid = $1', [pid]);
      return rowCount === 1;
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
