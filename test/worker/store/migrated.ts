import type { Client } from 'pg';
import type Pool from 'pg-pool';

import { silent } from '../../../src/shared/logger.ts';
import { openClient, openPool } from '../../../src/worker/store/pool.ts';
import { createDatabase } from '../../postgres.ts';

/** A database with our schema. */
export interface Migrated extends AsyncDisposable {
  readonly url: string;
  /** A connection beside all pools. */
  readonly admin: Client;
  /** Opens a pool, as each worker has one: of this database, or of the way to it that is given. */
  pool(url?: string): Promise<Pool<Client>>;
}

/** Makes a database like the one that was migrated when the suite began. */
export async function openMigrated(): Promise<Migrated> {
  await using opened = new AsyncDisposableStack();
  const { url } = opened.use(await createDatabase(process.env.TEST_MIGRATED_DATABASE));
  const admin = opened.adopt(await openClient(url), (client) => client.end());
  const options = { connectionsMax: 5, deadlineMs: 10_000, report: () => undefined, log: silent };
  const kept = opened.move();
  return {
    url,
    admin,
    pool: async (way = url) => kept.use(await openPool({ url: way, ...options })).pool,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}
