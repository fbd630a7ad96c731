import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { DatabaseError } from 'pg';

import { Failure } from '../../../../src/shared/errors.ts';
import type { CallDatabase, TakeOptions } from '../../../../src/worker/domain/database.ts';
import { PooledDatabase } from '../../../../src/worker/store/tool-database/pooled-database.ts';
import { type Folders, openFolders } from './folders.ts';

/** More than a statement needs to be known as quick. */
const RUNS = 6;
const ONE: TakeOptions = { rowsMax: 1, bytesMax: 1_000_000, writes: false, timeoutMs: 1_000 };

const WHO = 'select pg_backend_pid() as pid, $1::int as n';

/** Runs a statement so often that it is known as quick. */
async function makeQuick(
  database: Pick<CallDatabase, 'query'>,
  sql: string,
  values: readonly unknown[],
): Promise<void> {
  // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
  for (let run = 0; run < RUNS; run++) await database.query(sql, values);
}

/** A database for a call that is not given up. */
function databaseOf({ pool }: Folders): CallDatabase {
  return new PooledDatabase(pool, 'paint').during(new AbortController().signal);
}

suite('calls of a statement that has been quick', () => {
  test('follow each other on one connection, and each has its own answer', async () => {
    await using folders = await openFolders({ connectionsMax: 10 });
    await makeQuick(folders.paint, WHO, [0]);
    const asked = Array.from({ length: 90 }, (_, n) =>
      folders.paint.query<{ pid: number; n: number }>(WHO, [n]),
    );
    const answers = (await Promise.all(asked)).flat();
    assert.deepEqual(
      answers.map(({ n }) => n),
      answers.map((_, n) => n),
    );
    assert.equal(new Set(answers.map(({ pid }) => pid)).size, 1);
  });

  test('are answered however many come, and while others come', async () => {
    await using folders = await openFolders({ connectionsMax: 4 });
    await makeQuick(folders.paint, WHO, [0]);
    const caller = async (n: number): Promise<void> => {
      for (let call = 0; call < 40; call++) {
        // oxlint-disable-next-line no-await-in-loop -- a caller asks one after the other
        const rows = await folders.paint.query<{ n: number }>(WHO, [n * 100 + call]);
        assert.equal(rows[0]?.n, n * 100 + call);
      }
    };
    await Promise.all(Array.from({ length: 64 }, (_, n) => caller(n)));
  });

  test('are given the same as when it was not quick', async () => {
    await using folders = await openFolders({ connectionsMax: 1 });
    const sql = `select $1::text as text, 9007199254740993::int8 as whole, 1.50::numeric as price, true as yes,
      null::int as nothing, '{1,null,3}'::int[] as list, '{"a":[1]}'::jsonb as json, '\\xdeadbeef'::bytea as bytes,
      '2026-11-30 12:00:00.5+02'::timestamptz as moment, 1 as twice, 2 as twice, 3 as "__proto__"`;
    for (const value of ['a', '', null, 7, true, 12n]) {
      // oxlint-disable no-await-in-loop -- in turn is the point
      const [first] = await folders.paint.query(`${sql} -- ${String(value)}`, [value]);
      await makeQuick(folders.paint, `${sql} -- ${String(value)}`, [value]);
      assert.deepEqual(await folders.paint.query(`${sql} -- ${String(value)}`, [value]), [
        { ...first, ['__proto__']: 3 },
      ]);
      // oxlint-enable no-await-in-loop -- as above
    }
  });

  test('fail each by itself', async () => {
    await using folders = await openFolders({ connectionsMax: 2 });
    const sql = 'select 12 / $1::int as n';
    await makeQuick(folders.paint, sql, [1]);
    const asked = [1, 0, 2, 0, 3].map((n) => folders.paint.query<{ n: number }>(sql, [n]));
    const settled = await Promise.allSettled(asked);
    const told = settled.map((each) =>
      each.status === 'fulfilled' ? each.value[0]?.n : each.reason.code,
    );
    assert.deepEqual(told, [12, '22012', 6, '22012', 4]);
    assert.deepEqual(await folders.paint.query(sql, [4]), [{ n: 3 }]);
  });

  test('have connections to themselves again when it is slow', async () => {
    await using folders = await openFolders({ connectionsMax: 4 });
    const sql = 'select pg_backend_pid() as pid, pg_sleep($1)';
    await makeQuick(folders.paint, sql, [0]);
    const ask = () =>
      Promise.all([0, 0].map(() => folders.paint.query<{ pid: number }>(sql, [0.1])));
    const pids = async (): Promise<number> =>
      new Set((await ask()).flat().map((row) => row.pid)).size;
    assert.equal(await pids(), 1);
    assert.equal(await pids(), 2);
  });

  for (const sql of [
    'select pg_backend_pid() as pid from things, (values ($1::int)) v (n) for update of things',
    'insert into things select $1::int returning pg_backend_pid() as pid',
    "select pg_backend_pid() as pid, set_config('application_name', $1::text, true)",
  ]) {
    test(`have connections to themselves where it may wait for others: ${sql}`, async () => {
      await using folders = await openFolders({ connectionsMax: 4 });
      await folders.admin.query("insert into paint.things values ('a')");
      await makeQuick(folders.paint, sql, [1]);
      const both = await Promise.all(
        [1, 2].map((n) => folders.paint.query<{ pid: number }>(sql, [n])),
      );
      const pids = new Set(both.flat().map(({ pid }) => pid));
      assert.equal(pids.size, 2);
    });
  }

  test('are given up each by itself, and with the last of them what runs', async (t) => {
    await using folders = await openFolders({ connectionsMax: 2 });
    const sql = 'select pg_sleep($1), $2::int as n';
    const source = new PooledDatabase(folders.pool, 'paint');
    const [first, second] = [new AbortController(), new AbortController()];
    await makeQuick(source.during(new AbortController().signal), sql, [0, 0]);
    const asleep = source.during(first.signal).query(sql, [60, 1]);
    const behind = source.during(second.signal).query(sql, [0, 2]);
    const isAsleep = `select from pg_stat_activity
      where state = 'active' and query like 'select pg_sleep%' and datname = current_database()`;
    const count = async () => (await folders.admin.query(isAsleep)).rowCount;
    await t.waitFor(async () => assert.equal(await count(), 1));
    first.abort(new Error('First'));
    await assert.rejects(asleep, /First/);
    assert.equal(await count(), 1);
    second.abort(new Error('Second'));
    await assert.rejects(behind, /Second/);
    await t.waitFor(async () => assert.equal(await count(), 0));
    assert.deepEqual(await folders.paint.query('select 1 as one'), [{ one: 1 }]);
    await assert.rejects(source.during(first.signal).query(sql, [0, 3]), /First/);
  });

  test('are told so when their connection is ended, and the next ones work', async () => {
    await using folders = await openFolders({ connectionsMax: 2 });
    const sql = 'select pg_sleep($1), pg_backend_pid() as pid';
    await makeQuick(folders.paint, sql, [0]);
    const [row] = await folders.paint.query<{ pid: number }>(sql, [0]);
    const all = [60, 0, 0].map((s) => folders.paint.query(sql, [s]));
    const settled = Promise.allSettled(all);
    await folders.admin.query('select pg_terminate_backend($1)', [row?.pid]);
    for (const each of await settled) {
      assert.ok(each.status === 'rejected' && each.reason instanceof Failure);
      assert.equal(each.reason.code, 'unavailable');
    }
    await makeQuick(folders.paint, sql, [0]);
  });
});

suite('calls that take one row of a statement that has been quick', () => {
  test('may not write either, and leave the connection as it was', async () => {
    await using folders = await openFolders({ connectionsMax: 1 });
    await folders.admin.query(`create function paint.add(n int) returns int language plpgsql as $$
      begin if n > 0 then insert into paint.things values (n); end if; return n; end $$`);
    const database = databaseOf(folders);
    const sql = 'select add($1) as n';
    for (let run = 0; run < RUNS; run++) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
      assert.deepEqual((await database.take(sql, [0], ONE)).rows, [{ n: 0 }]);
    }
    const settled = await Promise.allSettled([0, 1, 0].map((n) => database.take(sql, [n], ONE)));
    assert.deepEqual(
      settled.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    );
    const [, refused] = settled;
    assert.ok(refused?.status === 'rejected' && refused.reason instanceof DatabaseError);
    assert.equal(refused.reason.code, '25006');
    assert.deepEqual(await database.query('select name from things'), []);
    await database.query("insert into things values ('mine')");
  });

  test('say whether there is none, and whether there are more', async () => {
    await using folders = await openFolders({ connectionsMax: 2 });
    const database = databaseOf(folders);
    const sql = 'select n, 9007199254740993::int8 as large from generate_series(1, $1::int) n';
    const first = await database.take(sql, [2], ONE);
    for (let run = 0; run < RUNS; run++) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
      await database.take(sql, [1], ONE);
    }
    const [none, one, two] = await Promise.all([0, 1, 2].map((n) => database.take(sql, [n], ONE)));
    assert.deepEqual(none, { ...first, rows: [], isTruncated: false, count: 0 });
    assert.deepEqual(one, { ...first, isTruncated: false, count: 1 });
    assert.deepEqual(two, first);
    assert.deepEqual(first.rows, [{ n: 1, large: '9007199254740993' }]);
  });

  test('are told of one that is far too large, and others work', async () => {
    await using folders = await openFolders({ connectionsMax: 2 });
    const database = databaseOf(folders);
    const sql = "select repeat('x', $1::int) as x";
    for (let run = 0; run < RUNS; run++) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
      await database.take(sql, [1], ONE);
    }
    await assert.rejects(database.take(sql, [50_000_000], ONE), /What was asked for is too large/);
    assert.deepEqual((await database.take(sql, [2], ONE)).rows, [{ x: 'xx' }]);
  });
});
