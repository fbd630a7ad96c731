import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import type {
  CallDatabase,
  SqlValue,
  TakeOptions,
} from '../../../../src/worker/domain/database.ts';
import { PooledDatabase } from '../../../../src/worker/store/tool-database/pooled-database.ts';
import { type Folders, openFolders } from './folders.ts';

/** More than a statement needs to be known as quick. */
const RUNS = 6;
const ONE: TakeOptions = { rowsMax: 1, bytesMax: 1_000_000, writes: false, timeoutMs: 1_000 };

/** A function that writes what it is given, unless that is 0. */
const WRITER = `create function paint.add(n int) returns int language plpgsql as $$
  begin if n > 0 then insert into paint.things values (n); end if; return n; end $$`;
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

/** Takes a statement so often that it is known as quick. */
async function makeQuickToTake(
  database: CallDatabase,
  sql: string,
  value: SqlValue,
): Promise<void> {
  // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
  for (let run = 0; run < RUNS; run++) await database.take(sql, [value], ONE);
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

  test('do not wait for one that is slow, and have connections to themselves after it', async () => {
    await using folders = await openFolders({ connectionsMax: 4 });
    const sql = 'select pg_backend_pid() as pid, pg_sleep($1)';
    await makeQuick(folders.paint, sql, [0]);
    const askFor = async (...seconds: readonly number[]): Promise<readonly number[]> => {
      const asked = seconds.map((each) => folders.paint.query<{ pid: number }>(sql, [each]));
      return (await Promise.all(asked)).flat().map(({ pid }) => pid);
    };
    assert.equal(new Set(await askFor(0, 0)).size, 1);
    const slow = askFor(1);
    const beganAt = performance.now();
    await askFor(0, 0);
    assert.ok(performance.now() - beganAt < 700, `${performance.now() - beganAt} ms`);
    await slow;
    assert.equal(new Set(await askFor(0, 0)).size, 2);
  });

  for (const sql of [
    'select pg_backend_pid() as pid from things, (values ($1::int)) v (n) for update of things',
    'select pg_backend_pid() as pid, pg_advisory_xact_lock($1)',
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

  test('are given up each by itself, and what runs of one is cancelled', async (t) => {
    await using folders = await openFolders({ connectionsMax: 4 });
    const sql = 'select pg_sleep($1), $2::int as n';
    const source = new PooledDatabase(folders.pool, 'paint');
    const [first, second] = [new AbortController(), new AbortController()];
    await makeQuick(source.during(new AbortController().signal), sql, [0, 0]);
    const asleep = source.during(first.signal).query(sql, [60, 1]);
    const behind = source.during(second.signal).query<{ n: number }>(sql, [0, 2]);
    const isAsleep = `select from pg_stat_activity
      where state = 'active' and query like 'select pg_sleep%' and datname = current_database()`;
    const count = async () => (await folders.admin.query(isAsleep)).rowCount;
    assert.equal((await behind)[0]?.n, 2);
    assert.equal(await count(), 1);
    first.abort(new Error('First'));
    await assert.rejects(asleep, /First/);
    await t.waitFor(async () => assert.equal(await count(), 0));
    assert.deepEqual(await folders.paint.query('select 1 as one'), [{ one: 1 }]);
    await assert.rejects(source.during(first.signal).query(sql, [0, 3]), /First/);
  });

  test('write nothing once they are given up, though it does not look like writing', async () => {
    await using folders = await openFolders({ connectionsMax: 4 });
    await folders.admin.query(WRITER);
    const source = new PooledDatabase(folders.pool, 'paint');
    const call = new AbortController();
    const sql = 'select pg_sleep($2), add($1) as n';
    await makeQuick(folders.paint, sql, [0, 0]);
    const [slow, late] = [
      source.during(new AbortController().signal).query(sql, [0, 0.2]),
      source.during(call.signal).query(sql, [1, 0.2]),
    ];
    call.abort(new Error('Cancelled'));
    await assert.rejects(late, /Cancelled/);
    await slow;
    assert.deepEqual(await folders.paint.query('select name from things'), []);
  });

  test('write once, though it does not look like writing', async () => {
    await using folders = await openFolders({ connectionsMax: 3 });
    await folders.admin.query(WRITER);
    const sql = 'select add($1) as n';
    await makeQuick(folders.paint, sql, [0]);
    const answers = await Promise.all([0, 7, 0, 8].map((n) => folders.paint.query(sql, [n])));
    assert.deepEqual(answers.flat(), [{ n: 0 }, { n: 7 }, { n: 0 }, { n: 8 }]);
    const written = await folders.paint.query('select name from things order by name');
    assert.deepEqual(written, [{ name: '7' }, { name: '8' }]);
  });

  test('are answered when their connection is ended', async () => {
    await using folders = await openFolders({ connectionsMax: 3 });
    const sql = 'select pg_sleep($1), pg_backend_pid() as pid';
    await makeQuick(folders.paint, sql, [0]);
    const [row] = await folders.paint.query<{ pid: number }>(sql, [0]);
    const all = Promise.all([0.3, 0, 0].map((s) => folders.paint.query<{ pid: number }>(sql, [s])));
    await folders.admin.query('select pg_terminate_backend($1)', [row?.pid]);
    for (const { pid } of (await all).flat()) assert.notEqual(pid, row?.pid);
  });

  test('are answered when tables have changed, and when nothing is prepared any more', async () => {
    await using folders = await openFolders({ connectionsMax: 1 });
    const sql = 'select * from things where name = $1';
    await folders.admin.query("insert into paint.things values ('a')");
    await makeQuick(folders.paint, sql, ['a']);
    await folders.admin.query('alter table paint.things add column price int default 3');
    const ask = () => Promise.all([1, 2].map(() => folders.paint.query(sql, ['a'])));
    const changed = [[{ name: 'a', price: 3 }], [{ name: 'a', price: 3 }]];
    assert.deepEqual(await ask(), changed);
    await makeQuick(folders.paint, sql, ['a']);
    await folders.paint.query('deallocate all');
    assert.deepEqual(await ask(), changed);
  });
});

suite('calls that take one row of a statement that has been quick', () => {
  test('follow each other on one connection', async () => {
    await using folders = await openFolders({ connectionsMax: 10 });
    const database = databaseOf(folders);
    await makeQuickToTake(database, WHO, 0);
    const all = await Promise.all(
      Array.from({ length: 50 }, (_, n) => database.take(WHO, [n], ONE)),
    );
    const rows = all.flatMap((taken) => taken.rows);
    assert.deepEqual(
      rows.map(({ n }) => n),
      rows.map((_, n) => n),
    );
    assert.equal(new Set(rows.map(({ pid }) => pid)).size, 1);
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
    for (let round = 0; round < 2 * RUNS; round++) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
      const { rows } = await database.take(sql, ['a'], ONE);
      assert.deepEqual(rows, [{ name: 'a', price: 3 }]);
    }
  });
});
