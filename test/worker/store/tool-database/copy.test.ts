import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { DatabaseError } from 'pg';

import { Failure } from '../../../../src/shared/errors.ts';
import type { CopyRow } from '../../../../src/worker/domain/database.ts';
import {
  ClientDatabase,
  enterSchema,
} from '../../../../src/worker/store/tool-database/client-database.ts';
import { type Folders, openFolders } from './folders.ts';

/** The database that a set-up is given, with a table to fill. */
async function openSetup({ admin }: Folders): Promise<ClientDatabase> {
  await enterSchema(admin, 'paint');
  const database = new ClientDatabase(admin, 'paint');
  await database.query(
    'create table paint.stock (id int, "Name" text, price numeric, sold boolean)',
  );
  return database;
}

const COLUMNS = ['id', 'Name', 'price', 'sold'];
const TEXTS = [
  '',
  'a\tb\t',
  '\na\nb\r\nc\r',
  '\\ \\\\ \\n \\t',
  '\u0001\b\f\v\u007f',
  // What ends a copy, and what stands for null.
  '\\.',
  '\\.\n',
  '\\N',
  'käse 🧀 \u{10ffff} \u202e',
  `'"; drop table stock; --`,
];

async function* countTo(count: number): AsyncGenerator<CopyRow> {
  for (let id = 0; id < count; id += 1) yield [id, 'x'.repeat(20), null, null];
}

function* failHalfWay(): Generator<CopyRow> {
  yield [1];
  throw new Error('out of paint');
}

suite('copying', () => {
  test('takes every text as it stands', async () => {
    await using folders = await openFolders({ connectionsMax: 1 });
    const database = await openSetup(folders);
    const rows = TEXTS.map((text, id) => [id, text, 2.5, true] as const);
    assert.equal(await database.copy('stock', COLUMNS, rows), TEXTS.length);
    assert.deepEqual(
      await database.query('select * from stock order by id'),
      TEXTS.map((text, id) => ({ id, Name: text, price: '2.5', sold: true })),
    );
  });

  test('takes nulls, and columns in any order', async () => {
    await using folders = await openFolders({ connectionsMax: 1 });
    const database = await openSetup(folders);
    await database.copy(
      'stock',
      ['sold', 'id'],
      [
        [null, 1],
        [false, null],
      ],
    );
    assert.deepEqual(await database.query('select id, sold from stock'), [
      { id: 1, sold: null },
      { id: null, sold: false },
    ]);
  });

  test('takes rows that are made while they are sent, and says how many there were', async () => {
    await using folders = await openFolders({ connectionsMax: 1 });
    const database = await openSetup(folders);
    assert.equal(await database.copy('stock', COLUMNS, countTo(20_000)), 20_000);
    assert.deepEqual(await database.query('select count(*)::int, max(id) from stock'), [
      { count: 20_000, max: 19_999 },
    ]);
  });

  test('takes no rows too', async () => {
    await using folders = await openFolders({ connectionsMax: 1 });
    const database = await openSetup(folders);
    assert.equal(await database.copy('stock', COLUMNS, []), 0);
  });

  test('is undone with its transaction', async () => {
    await using folders = await openFolders({ connectionsMax: 1 });
    const database = await openSetup(folders);
    const failed = database.transaction(async (inside) => {
      await inside.copy('stock', ['id'], [[1]]);
      throw new Error('changed my mind');
    });
    await assert.rejects(failed, /changed my mind/);
    assert.deepEqual(await database.query('select * from stock'), []);
  });

  test('of rows whose making fails throws what it does, leaves nothing, and the next works', async () => {
    await using folders = await openFolders({ connectionsMax: 1 });
    const database = await openSetup(folders);
    await assert.rejects(database.copy('stock', ['id'], failHalfWay()), /out of paint/);
    assert.equal(await database.copy('stock', ['id'], [[2]]), 1);
    assert.deepEqual(await database.query('select id from stock'), [{ id: 2 }]);
  });

  for (const [what, table, columns] of [
    ['a table that is not there', 'nothing', ['id']],
    ['a column that is not there', 'stock', ['nothing']],
    ['a table whose name is SQL', 'stock; drop table stock', ['id']],
  ] as const) {
    test(`into ${what} stays a bug, and the next works`, async () => {
      await using folders = await openFolders({ connectionsMax: 1 });
      const database = await openSetup(folders);
      await assert.rejects(database.copy(table, columns, [[1]]), DatabaseError);
      assert.equal(await database.copy('stock', ['id'], [[2]]), 1);
    });
  }

  test('over a connection that is ended in the middle is unavailable', async (t) => {
    await using folders = await openFolders({ connectionsMax: 1 });
    const database = await openSetup(folders);
    const [row] = await database.query<{ pid: number }>('select pg_backend_pid() as pid');
    async function* rows(): AsyncGenerator<CopyRow> {
      yield [1];
      await folders.pool.query('select pg_terminate_backend($1)', [row?.pid]);
      await t.waitFor(async () => {
        const sql = 'select from pg_stat_activity where pid = $1';
        const { rowCount } = await folders.pool.query(sql, [row?.pid]);
        assert.equal(rowCount, 0);
      });
      for (let id = 0; id < 50_000; id += 1) yield [id];
    }
    await assert.rejects(database.copy('stock', ['id'], rows()), (thrown) => {
      assert.ok(thrown instanceof Failure, String(thrown));
      assert.equal(thrown.code, 'unavailable');
      return true;
    });
  });
});
