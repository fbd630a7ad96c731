import { readdirSync } from 'node:fs';
import { parse } from 'node:path';
import { fileURLToPath } from 'node:url';

import { type RunnerOption, runner } from 'node-pg-migrate';
import type { Client } from 'pg';

import { Failure } from '../../shared/errors.ts';
import type { Logger } from '../../shared/logger.ts';

const FOLDER = fileURLToPath(new URL('./migrations', import.meta.url));
/** Our own schema. A folder of tools has one of its own, named after it. */
export const HOLDFAST_SCHEMA = 'holdfast';

/** An arbitrary number, the same in every version: whoever migrates holds this advisory lock. */
const LOCK = 4_825_117_630;
const LOCK_TIMEOUT_MS = 600_000;

/** The migrations that this version of the code knows of. */
export function migrationNames(): readonly string[] {
  return readdirSync(FOLDER).map((file) => parse(file).name);
}

/** Takes the lock under which databases are changed, and waits for whoever has it. It goes with the connection. */
export async function lockMigrations(client: Client): Promise<void> {
  await client.query(`set lock_timeout = ${LOCK_TIMEOUT_MS}`);
  await client.query('select pg_advisory_lock($1)', [LOCK]);
}

/** Brings our own schema up to date, and refuses to go on if it has left this version of the code behind. */
export async function migrateHoldfast(client: Client, version: string, log: Logger): Promise<void> {
  await migrateSchema({ client, schema: HOLDFAST_SCHEMA, folder: FOLDER, log });
  const beyond = await findUnknown(client);
  if (beyond.length > 0)
    log.info('the database is newer than this version', { migrations: beyond });
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
  const { rows } = await client.query<{ known: boolean }>(
    'select to_regnamespace($1) is not null as known',
    [client.escapeIdentifier(schema)],
  );
  const options: RunnerOption = {
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
  };
  const applied = await runner(options).catch(async (error: unknown) => {
    // The library makes the schema and its own table before its transaction begins.
    if (rows[0]?.known === false) await forgetSchema(client, schema);
    throw error;
  });
  if (applied.length === 0) return;
  log.info('migrated', { schema, migrations: applied.map(({ name }) => name) });
}

/** Takes back what was made for migrations of which none has run: with anything else in it, a schema stays. */
async function forgetSchema(client: Client, schema: string): Promise<void> {
  const name = client.escapeIdentifier(schema);
  // Whether it works or not, what went wrong before is what is to be told.
  await client
    .query(`begin; drop table if exists ${name}.migrations; drop schema ${name}; commit`)
    .catch(() => client.query('rollback').catch(() => undefined));
}

/** What newer code has run beyond what we know of. */
async function findUnknown(client: Client): Promise<readonly string[]> {
  const known = new Set(migrationNames());
  const { rows } = await client.query<{ name: string }>(
    `select name from ${HOLDFAST_SCHEMA}.migrations order by id`,
  );
  return rows.map(({ name }) => name).filter((name) => !known.has(name));
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
