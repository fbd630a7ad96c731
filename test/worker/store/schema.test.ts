/**
 * The schema that our migrations make, as people review it. After a new migration write it anew:
 * UPDATE_SCHEMA=1 npm test
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import type { Client } from 'pg';

import { silent } from '../../../src/shared/logger.ts';
import { HOLDFAST_SCHEMA, migrateHoldfast } from '../../../src/worker/store/migrate.ts';
import { openClient } from '../../../src/worker/store/pool.ts';
import { createDatabase } from '../../postgres.ts';

const FILE = join(import.meta.dirname, '../../../src/worker/store/schema.txt');
const HEAD = `-- What our migrations make of an empty database: compared with them by test/worker/store/schema.test.ts.
-- After a new migration write it anew: UPDATE_SCHEMA=1 npm test
`;

const COLUMNS = `
  select table_name as table, column_name || ' ' || data_type
    || case is_nullable when 'NO' then ' not null' else '' end
    || case is_identity when 'YES' then ' identity ' || lower(identity_generation) else '' end
    || coalesce(' default ' || column_default, '') as line
  from information_schema.columns where table_schema = $1
  order by table_name, ordinal_position`;
// Postgres 18 shows "not null" here too; with the columns it is said already.
const CONSTRAINTS = `
  select conrelid::regclass::text as table,
    'constraint ' || conname || ' ' || pg_get_constraintdef(oid) as line
  from pg_constraint where connamespace = $1::regnamespace and contype <> 'n'
  order by conname`;
const INDEXES = `
  select tablename as table, indexdef as line
  from pg_indexes where schemaname = $1 order by indexname`;
/** How tables are divided, which part each is, and what runs at a change of a row. */
const PARTS = `
  select relname as table, coalesce('partition by ' || pg_get_partkeydef(oid), 'partition '
    || pg_get_expr(relpartbound, oid)) as line
  from pg_class where relnamespace = $1::regnamespace and relkind in ('p', 'r')
    and (relkind = 'p' or relispartition)
  order by relname`;
const TRIGGERS = `
  select relname as table, pg_get_triggerdef(pg_trigger.oid) as line
  from pg_trigger join pg_class on pg_class.oid = tgrelid
  where relnamespace = $1::regnamespace and not tgisinternal and tgparentid = 0
  order by relname, tgname`;

async function describe(client: Client): Promise<string> {
  const tables = new Map<string, string[]>();
  for (const sql of [COLUMNS, CONSTRAINTS, INDEXES, PARTS, TRIGGERS]) {
    // One connection does one thing at a time.
    // oxlint-disable-next-line no-await-in-loop -- see above
    const { rows } = await client.query<{ table: string; line: string }>(sql, [HOLDFAST_SCHEMA]);
    for (const { table, line } of rows) {
      const name = table.replace(`${HOLDFAST_SCHEMA}.`, '');
      tables.set(name, [...(tables.get(name) ?? []), line]);
    }
  }
  const texts = [...tables].map(([name, lines]) => `\n${name}\n  ${lines.join('\n  ')}\n`);
  return HEAD + texts.join('');
}

test('the schema that our migrations make is the one that was reviewed', async () => {
  await using database = await createDatabase();
  const client = await openClient(database.url);
  try {
    await migrateHoldfast(client, '0.1.0', silent);
    // Without a schema in the search path, every name says which it is of.
    await client.query("set search_path to ''");
    const found = await describe(client);
    if (process.env.UPDATE_SCHEMA === '1') writeFileSync(FILE, found);
    assert.equal(found, readFileSync(FILE, 'utf8'));
  } finally {
    await client.end();
  }
});
