import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import type { Database } from '../../../../src/worker/domain/database.ts';
import { PooledDatabase } from '../../../../src/worker/store/tool-database/pooled-database.ts';
import { openFolders } from './folders.ts';
import { databaseOf, makeQuick, PATIENT, WHO, WRITER } from './quick.ts';

suite('calls of a statement that has been quick', () => {
  test('follow each other on one connection, and each has its own answer', async (t) => {
    await using folders = await openFolders({ connectionsMax: 10 });
    await t.waitFor(async () => {
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
    }, PATIENT);
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

  test('do not wait for one that is slow, and have connections to themselves after it', async (t) => {
    await using folders = await openFolders({ connectionsMax: 4 });
    const sql = 'select pg_backend_pid() as pid, pg_sleep($1)';
    const askFor = async (...seconds: readonly number[]): Promise<readonly number[]> => {
      const asked = seconds.map((each) => folders.paint.query<{ pid: number }>(sql, [each]));
      return (await Promise.all(asked)).flat().map(({ pid }) => pid);
    };
    await t.waitFor(async () => {
      await makeQuick(folders.paint, sql, [0]);
      assert.equal(new Set(await askFor(0, 0)).size, 1);
    }, PATIENT);
    const slow = askFor(5);
    const first = await Promise.race([slow, askFor(0, 0)]);
    assert.equal(first.length, 2);
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

  test('are run by a transaction too, on a connection where others have followed each other', async () => {
    await using folders = await openFolders({ connectionsMax: 4 });
    const database = databaseOf(folders);
    await makeQuick(database, WHO, [1]);
    const elsewhere = database.query('select pg_sleep(0.5)');
    await database.query(WHO, [2]);
    const within = await database.transaction((transaction) =>
      transaction.query<{ n: number }>(WHO, [3]),
    );
    assert.equal(within[0]?.n, 3);
    await elsewhere;
  });

  test('are not disturbed by what a transaction asks when it is over', async () => {
    await using folders = await openFolders({ connectionsMax: 2 });
    const database = databaseOf(folders);
    await makeQuick(database, WHO, [1]);
    let kept: Database | undefined;
    await database.transaction(async (transaction) => {
      kept = transaction;
    });
    const asked = Promise.all([1, 2, 3].map((n) => database.query<{ n: number }>(WHO, [n])));
    await assert.rejects(async () => kept?.query('select 1'), /The transaction is over/);
    assert.deepEqual(
      (await asked).flat().map(({ n }) => n),
      [1, 2, 3],
    );
  });

  test('are never answered with what somebody else asked on their connection', async () => {
    await using folders = await openFolders({ connectionsMax: 2 });
    await makeQuick(folders.paint, WHO, [1]);
    const client = await folders.pool.connect();
    client.release();
    const asked = Promise.all(
      Array.from({ length: 20 }, (_, n) => folders.paint.query<{ n: number }>(WHO, [n])),
    );
    await new Promise(setImmediate);
    await client.query('select 100 as n').catch(() => undefined);
    assert.deepEqual(
      (await asked).flat().map(({ n }) => n),
      Array.from({ length: 20 }, (_, n) => n),
    );
    const [row] = await folders.paint.query<{ n: number }>(WHO, [5]);
    assert.equal(row?.n, 5);
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
