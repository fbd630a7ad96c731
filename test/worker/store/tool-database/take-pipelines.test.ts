import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { openFolders } from './folders.ts';
import { databaseOf, makeQuickToTake, ONE, PATIENT, WHO, WRITER } from './quick.ts';

suite('calls that take one row of a statement that has been quick', () => {
  test('follow each other on one connection', async (t) => {
    await using folders = await openFolders({ connectionsMax: 10 });
    const database = databaseOf(folders);
    await t.waitFor(async () => {
      await makeQuickToTake(database, WHO, 0);
      const asked = Array.from({ length: 50 }, (_, n) => database.take(WHO, [n], ONE));
      const rows = (await Promise.all(asked)).flatMap((taken) => taken.rows);
      assert.deepEqual(
        rows.map(({ n }) => n),
        rows.map((_, n) => n),
      );
      assert.equal(new Set(rows.map(({ pid }) => pid)).size, 1);
    }, PATIENT);
  });

  test('may not write either, whatever the one before them does to its session', async () => {
    await using folders = await openFolders({ connectionsMax: 2 });
    await folders.admin.query(WRITER);
    await folders.admin.query(`create function paint.act(n int) returns int language plpgsql as $$
      begin
        if n = 2 then perform set_config('default_transaction_read_only', 'off', false); end if;
        if n = 1 then perform paint.add(1); end if;
        return n;
      end $$`);
    const database = databaseOf(folders);
    const sql = 'select act($1) as n';
    await makeQuickToTake(database, sql, 0);
    const settled = await Promise.allSettled(
      [0, 2, 1, 2, 1, 0].map((n) => database.take(sql, [n], ONE)),
    );
    assert.deepEqual(
      settled.map((each) =>
        each.status === 'fulfilled' ? each.value.rows[0]?.n : each.reason.code,
      ),
      [0, 2, '25006', 2, '25006', 0],
    );
    assert.deepEqual(await database.query('select name from things'), []);
    await database.query("insert into things values ('mine')");
  });

  test('say whether there is none, and whether there are more', async () => {
    await using folders = await openFolders({ connectionsMax: 2 });
    const database = databaseOf(folders);
    const sql = 'select n, 9007199254740993::int8 as large from generate_series(1, $1::int) n';
    const first = await database.take(sql, [2], ONE);
    await makeQuickToTake(database, sql, 1);
    const [none, one, two] = await Promise.all([0, 1, 2].map((n) => database.take(sql, [n], ONE)));
    assert.deepEqual(none, { ...first, rows: [], isTruncated: false, count: 0 });
    assert.deepEqual(one, { ...first, isTruncated: false, count: 1 });
    assert.deepEqual(two, first);
    assert.deepEqual(first.rows, [{ n: 1, large: '9007199254740993' }]);
  });

  test('are answered beside one that is far too large, which is told so', async () => {
    await using folders = await openFolders({ connectionsMax: 4 });
    const database = databaseOf(folders);
    const sql = "select repeat('x', $1::int) as x";
    await makeQuickToTake(database, sql, 1);
    const asked = [1, 50_000_000, 2, 3].map((length) => database.take(sql, [length], ONE));
    const settled = await Promise.allSettled(asked);
    assert.deepEqual(
      settled.map((each) =>
        each.status === 'fulfilled' ? each.value.rows[0]?.x : each.reason.code,
      ),
      ['x', 'invalid', 'xx', 'xxx'],
    );
  });

  test('are answered when tables have changed', async () => {
    await using folders = await openFolders({ connectionsMax: 1 });
    const database = databaseOf(folders);
    const sql = 'select * from things where name = $1';
    await folders.admin.query("insert into paint.things values ('a')");
    await makeQuickToTake(database, sql, 'a');
    await folders.admin.query('alter table paint.things add column price int default 3');
    for (let round = 0; round < 12; round++) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
      const { rows } = await database.take(sql, ['a'], ONE);
      assert.deepEqual(rows, [{ name: 'a', price: 3 }]);
    }
  });
});
