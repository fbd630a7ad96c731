import { fileURLToPath } from 'node:url';

import { runner } from 'node-pg-migrate';
import type { Client } from 'pg';

import { Failure } from '../../shared/errors.ts';
import type { Logger } from '../../shared/logger.ts';

/** Our own schema. A folder of tools has one of its own, named after it. */
export const HOLDFAST_SCHEMA = 'holdfast';

/** An arbitrary number, the same in every version: whoever migrates holds this advisory lock. */
const LOCK = 4_825_117_630;
const LOCK_TIMEOUT_MS = 600_000;

/** Takes the lock under which databases are changed, and waits for whoever has it. It goes with the connection. */
export async function lockMigrations(client: Client): Promise<void> {
  await client.query(`set lock_timeout = ${LOCK_TIMEOUT_MS}`);
  await client.query('select pg_advisory_lock($1)', [LOCK]);
}

/** Brings our own schema up to date, and refuses to go on if it has left this version of the code behind. */
export async function migrateHoldfast(client: Client, version: string, log: Logger): Promise<void> {
  const folder = fileURLToPath(new URL('./migrations', import.meta.url));
  await migrateSchema({ client, schema: HOLDFAST_SCHEMA, folder, log });
  const { rows } = await client.query<{ oldest: string }>(
    `select oldest_code_version as oldest from ${HOLDFAST_SCHEMA}.compatibility`,
  );
  const [compatibility] = rows;
  if (compatibility !== undefined && isOlder(version, compatibility.oldest)) {
    throw new Failure(
      'invalid',
      `This is Holdfast ${version}, and the database has been migrated for ${compatibility.oldest} or newer. Run a newer version.`,
    );
  }
}

export interface MigrateSchemaOptions {
  readonly client: Client;
  /** Made if it is not there. */
  readonly schema: string;
  /** Its `.sql` files are run in the order of their numbers, each once. */
  readonly folder: string;
  readonly log: Logger;
}

/** Runs the migrations of a folder that have not run yet, all of them or none. */
export async function migrateSchema({
  client,
  schema,
  folder,
  log,
}: MigrateSchemaOptions): Promise<void> {
  const applied = await runner({
    dbClient: client,
    dir: folder,
    direction: 'up',
    schema,
    createSchema: true,
    migrationsTable: 'migrations',
    singleTransaction: true,
    // Newer code may have run more than we know of. That is its right.
    checkOrder: false,
    // Ours is held already, for the whole of the start.
    noLock: true,
    log: () => undefined,
  });
  if (applied.length === 0) return;
  log.info('migrated', { schema, migrations: applied.map(({ name }) => name) });
}

/** Whether a version comes before another. Pre-release tags do not count. */
function isOlder(version: string, other: string): boolean {
  const [a, b] = [version, other].map((text) => text.split(/[.-]/).slice(0, 3).map(Number));
  for (const [index, number] of (a ?? []).entries()) {
    const difference = number - (b?.[index] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}
