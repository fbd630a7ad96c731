import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';

import type { Client } from 'pg';

import { Failure } from '../../../src/shared/errors.ts';
import { silent } from '../../../src/shared/logger.ts';
import {
  lockMigrations,
  migrateHoldfast,
  migrateSchema,
} from '../../../src/worker/store/migrate.ts';
import { openClient } from '../../../src/worker/store/pool.ts';
import { createDatabase } from '../../postgres.ts';
import { recordLog } from '../recorded-log.ts';

/** An empty database and connections to it. */
async function openDatabase(): Promise<AsyncDisposable & { connect(): Promise<Client> }> {
  const opened = new AsyncDisposableStack();
  const { url } = opened.use(await createDatabase());
  return {
    connect: async () => opened.adopt(await openClient(url), (client) => client.end()),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** A folder of migrations. */
function writeMigrations(files: Readonly<Record<string, string>>): Disposable & { path: string } {
  const path = mkdtempSync(join(tmpdir(), 'holdfast-migrations-'));
  for (const [name, sql] of Object.entries(files)) writeFileSync(join(path, name), sql);
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}

async function rowsOf(client: Client, sql: string): Promise<readonly unknown[]> {
  const { rows } = await client.query<Record<string, unknown>>(sql);
  return rows.flatMap((row) => Object.values(row));
}

const table = (name: string): string => `-- Up Migration\ncreate table ${name} (id int);\n`;

suite('our migrations', () => {
  test('run once', async () => {
    await using database = await openDatabase();
    const client = await database.connect();
    const { log, lines } = recordLog();
    await migrateHoldfast(client, '0.1.0', log);
    await migrateHoldfast(client, '0.1.0', log);
    assert.deepEqual(
      lines.map(({ level, message }) => ({ level, message })),
      [{ level: 'info', message: 'migrated' }],
    );
    assert.equal((await rowsOf(client, 'select * from holdfast.compatibility')).length, 2);
  });

  test('of two that start at the same time are run by one: the other waits and finds all done', async (t) => {
    await using database = await openDatabase();
    const [first, second, onlooker] = await Promise.all([1, 2, 3].map(() => database.connect()));
    assert.ok(first !== undefined && second !== undefined && onlooker !== undefined);
    await lockMigrations(first);
    const { log, lines } = recordLog();
    let locked = false;
    const following = lockMigrations(second).then(async () => {
      locked = true;
      await migrateHoldfast(second, '0.1.0', log);
    });
    await t.waitFor(async () => {
      const waiting = `select count(*)::int from pg_locks
        where locktype = 'advisory' and not granted and database =
          (select oid from pg_database where datname = current_database())`;
      assert.deepEqual(await rowsOf(onlooker, waiting), [1]);
    });
    await migrateHoldfast(first, '0.1.0', silent);
    assert.equal(locked, false);
    // The lock goes with the connection.
    await first.end();
    await following;
    assert.deepEqual(lines, []);
  });

  test('that a newer version has run beyond what we know are its right, and told of', async () => {
    await using database = await openDatabase();
    const client = await database.connect();
    await migrateHoldfast(client, '0.1.0', silent);
    await client.query(
      "insert into holdfast.migrations (name, run_on) values ('9999_from_the_future', now())",
    );
    const { log, lines } = recordLog();
    await migrateHoldfast(client, '0.1.0', log);
    const told = lines.map(({ level, message, fields }) => ({ level, message, fields }));
    const message = 'the database is newer than this version';
    const fields = { migrations: ['9999_from_the_future'] };
    assert.deepEqual(told, [{ level: 'info', message, fields }]);
  });

  for (const [oldest, version] of [
    ['0.1.1', '0.1.0'],
    ['0.2.0', '0.1.9'],
    ['0.10.0', '0.9.9'],
    ['1.0.0', '0.99.99'],
  ] as const) {
    test(`that only ${oldest} can live with refuse ${version}, in a sentence`, async () => {
      await using database = await openDatabase();
      const client = await database.connect();
      await migrateHoldfast(client, '0.1.0', silent);
      await client.query('update holdfast.compatibility set oldest_code_version = $1', [oldest]);
      await assert.rejects(migrateHoldfast(client, version, silent), (thrown) => {
        assert.ok(thrown instanceof Failure);
        assert.equal(thrown.code, 'invalid');
        assert.equal(
          thrown.message,
          `This is Holdfast ${version}, and the database has been migrated for ${oldest} or newer. Run a newer version.`,
        );
        return true;
      });
    });
  }

  test('let every version pass that is as new as they ask', async () => {
    await using database = await openDatabase();
    const client = await database.connect();
    await migrateHoldfast(client, '0.1.0', silent);
    await client.query("update holdfast.compatibility set oldest_code_version = '0.9.2'");
    for (const version of ['0.9.2', '0.9.10', '0.10.0', '1.0.0', '0.9.2-rc.1']) {
      // One connection does one thing at a time.
      // oxlint-disable-next-line no-await-in-loop -- see above
      await migrateHoldfast(client, version, silent);
    }
  });
});

suite('migrations of a folder', () => {
  test('run in order, in a schema of their own that remembers them', async () => {
    await using database = await openDatabase();
    const client = await database.connect();
    using folder = writeMigrations({
      '0010_third.sql': table('third'),
      '0001_first.sql': table('first'),
      '0002_second.sql': table('second'),
    });
    const { log, lines } = recordLog();
    await migrateSchema({ client, schema: 'paint', folder: folder.path, log });
    const migrations = ['0001_first', '0002_second', '0010_third'];
    assert.deepEqual(lines[0]?.fields, { schema: 'paint', migrations });
    assert.deepEqual(
      await rowsOf(client, 'select name from paint.migrations order by id'),
      migrations,
    );
    assert.deepEqual(await rowsOf(client, 'select * from paint.third'), []);
  });

  test('that were added later run at the next start', async () => {
    await using database = await openDatabase();
    const client = await database.connect();
    using before = writeMigrations({ '0001_first.sql': table('first') });
    using after = writeMigrations({
      '0001_first.sql': table('first'),
      '0002_second.sql': table('second'),
    });
    await migrateSchema({ client, schema: 'paint', folder: before.path, log: silent });
    const { log, lines } = recordLog();
    await migrateSchema({ client, schema: 'paint', folder: after.path, log });
    assert.deepEqual(lines[0]?.fields, { schema: 'paint', migrations: ['0002_second'] });
  });

  test('run all or none', async () => {
    await using database = await openDatabase();
    const client = await database.connect();
    using folder = writeMigrations({
      '0001_first.sql': table('first'),
      '0002_wrong.sql': '-- Up Migration\ncreate tabel wrong (id int);\n',
    });
    const migrating = migrateSchema({ client, schema: 'paint', folder: folder.path, log: silent });
    await assert.rejects(migrating, { code: '42601' });
    const tables = "select count(*)::int from pg_tables where tablename = 'first'";
    assert.deepEqual(await rowsOf(client, tables), [0]);
  });
});
