/** Schemas that are newer, too new, broken on the way, or made by two at once. What one migration does is in test/worker/store/migrate.test.ts. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';

import { Client } from 'pg';

import { Agent } from '../agent.ts';
import { createDatabase } from '../postgres.ts';
import { startMeasured } from './measured.ts';

const timeout = 60_000;

async function query(url: string, sql: string): Promise<readonly unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<Record<string, unknown>>(sql);
    return rows;
  } finally {
    await client.end();
  }
}

/** All that a migration could have changed, in words. */
async function dump(url: string): Promise<readonly unknown[]> {
  return query(
    url,
    `select table_schema, table_name, column_name, data_type from information_schema.columns
     where table_schema not in ('pg_catalog', 'information_schema')
     union all select nspname, null, null, null from pg_namespace where nspname !~ '^pg_'
     order by 1, 2, 3`,
  );
}

suite('a schema', { concurrency: 2 }, () => {
  test('that is newer serves older code too, beside code that runs, and is told of', {
    timeout,
  }, async () => {
    await using database = await createDatabase();
    await using running = startMeasured({ DATABASE_URL: database.url }, 1);
    await running.running();
    await using agent = await Agent.connect(await running.port());
    await query(
      database.url,
      `create table holdfast.from_the_future (id int);
       alter table holdfast.sessions add column future text;
       insert into holdfast.migrations (name, run_on) values ('9999_from_the_future', now());`,
    );
    await using started = startMeasured({ DATABASE_URL: database.url }, 1);
    await started.running();
    const [told] = started.said('the database is newer than this version');
    assert.deepEqual(told?.migrations, ['9999_from_the_future']);
    await using other = await Agent.connect(await started.port());
    for (const each of [agent, other]) {
      assert.equal((await each.call('asks_postgres')).error, undefined);
    }
  });

  test('that is too new for this version is refused with 78', { timeout }, async () => {
    await using database = await createDatabase();
    {
      await using running = startMeasured({ DATABASE_URL: database.url }, 1);
      await running.running();
    }
    await query(database.url, `update holdfast.compatibility set oldest_code_version = '999.0.0'`);
    await using refused = startMeasured({ DATABASE_URL: database.url }, 1);
    assert.equal((await refused.ended).code, 78);
    assert.match(refused.fatal().cause, /migrated for 999\.0\.0 or newer\. Run a newer version/);
  });

  test('is left as it was by a migration that fails', { timeout }, async (t) => {
    await using database = await createDatabase();
    const path = mkdtempSync(join(tmpdir(), 'holdfast-degradation-'));
    t.after(() => {
      rmSync(path, { recursive: true });
    });
    const folder = join(path, 'paint');
    mkdirSync(join(folder, 'migrations'), { recursive: true });
    writeFileSync(
      join(folder, 'paint.js'),
      `import { defineTool } from 'mcp-holdfast';
       export const paint = defineTool({ name: 'paint', description: 'Paints.', run: async () => 'red' });`,
    );
    const migration = (name: string, sql: string): void => {
      writeFileSync(join(folder, 'migrations', name), `-- Up Migration\n${sql};\n`);
    };
    migration('0001_first.sql', 'create table first (id int)');
    const tools = join(import.meta.dirname, 'tools');
    {
      await using running = startMeasured({ DATABASE_URL: database.url, MCP_TOOLS: tools }, 1);
      await running.running();
    }
    const before = await dump(database.url);
    migration('0002_second.sql', 'create table second (id int); create tabel third (id int)');
    await using failing = startMeasured({ DATABASE_URL: database.url, MCP_TOOLS: folder }, 1);
    assert.equal((await failing.ended).code, 70);
    assert.match(failing.fatal().cause, /tabel/);
    assert.deepEqual(await dump(database.url), before);
  });

  test('is made by one of two that start at once on an empty database, and both serve', {
    timeout,
  }, async () => {
    await using database = await createDatabase();
    await using one = startMeasured({ DATABASE_URL: database.url }, 1);
    await using other = startMeasured({ DATABASE_URL: database.url }, 1);
    await Promise.all([one.running(), other.running()]);
    const migrated = [one, other].map((each) => each.said('migrated').length);
    assert.deepEqual(
      migrated.toSorted((a, b) => a - b),
      [0, 2],
    );
  });
});
