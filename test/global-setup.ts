/**
 * Gives the suite a Postgres and a Redis: those of `DATABASE_URL` and `REDIS_URL` if they are set,
 * else embedded ones that end with the run. What tests read is `TEST_DATABASE_URL`, with the name of a
 * database that is migrated in `TEST_MIGRATED_DATABASE`, and `TEST_REDIS_URL`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silent } from '../src/shared/logger.ts';
import { EmbeddedPostgres } from '../src/supervisor/embedded/postgres.ts';
import { EmbeddedRecord } from '../src/supervisor/embedded/record.ts';
import { EmbeddedRedis, stopRedis } from '../src/supervisor/embedded/redis.ts';
import { StateFolder } from '../src/supervisor/state-folder.ts';
import { migrateHoldfast } from '../src/worker/store/migrate.ts';
import { openClient } from '../src/worker/store/pool.ts';
import { createDatabase } from './postgres.ts';

const CONNECTIONS_MAX = 200;

const opened = new AsyncDisposableStack();

export async function globalSetup(): Promise<void> {
  const path = mkdtempSync(join(tmpdir(), 'holdfast-test-'));
  opened.defer(() => {
    rmSync(path, { recursive: true, force: true });
  });
  // What hundreds of processes load is compiled once, by the first of them.
  process.env.NODE_COMPILE_CACHE = join(path, 'compile-cache');
  const stateFolder = opened.use(new StateFolder(path)).path;
  const record = new EmbeddedRecord(stateFolder);
  process.env.TEST_DATABASE_URL = process.env.DATABASE_URL;
  if (process.env.DATABASE_URL === undefined) {
    const postgres = await EmbeddedPostgres.prepare({
      stateFolder,
      record,
      connectionsMax: CONNECTIONS_MAX,
      durable: false,
    });
    const server = await postgres.start();
    opened.defer(() => postgres.stop(server));
    process.env.TEST_DATABASE_URL = postgres.url;
  }
  process.env.TEST_MIGRATED_DATABASE = await migrateDatabase();
  process.env.TEST_REDIS_URL = process.env.REDIS_URL;
  if (process.env.REDIS_URL === undefined) {
    const redis = await EmbeddedRedis.prepare({
      stateFolder,
      record,
      substitute: [
        process.execPath,
        join(import.meta.dirname, '../bin/holdfast.js'),
        'embedded-redis',
      ],
      searchPath: process.env.PATH ?? '',
    });
    const server = await redis.start();
    opened.defer(() => stopRedis(server));
    process.env.TEST_REDIS_URL = redis.url;
  }
  // What a test starts shall not find them by accident.
  delete process.env.DATABASE_URL;
  delete process.env.REDIS_URL;
}

/** Makes the database that those of tests are copies of. */
async function migrateDatabase(): Promise<string> {
  const { name, url } = opened.use(await createDatabase());
  const client = await openClient(url);
  await migrateHoldfast(client, '0.1.0', silent);
  // Nobody may be in it while it is copied.
  await client.end();
  return name;
}

export async function globalTeardown(): Promise<void> {
  await opened.disposeAsync();
}
