import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { type Client, DatabaseError } from 'pg';
import Pool from 'pg-pool';

import { Failure, type FailureCode } from '../../../../src/shared/errors.ts';
import { PooledDatabase } from '../../../../src/worker/store/tool-database/pooled-database.ts';
import { openFolders } from './folders.ts';

function isFailure(code: FailureCode) {
  return (thrown: unknown): boolean => {
    assert.ok(thrown instanceof Failure, String(thrown));
    assert.equal(thrown.code, code);
    assert.match(thrown.message, /^The database (took too long|cannot be reached)$/);
    assert.ok(thrown.cause instanceof Error);
    return true;
  };
}

suite('a statement', () => {
  test('means the tables of its own folder, whoever had the connection before', async () => {
    await using folders = await openFolders({ connectionsMax: 1 });
    const { paint, saws } = folders;
    for (const round of [1, 2]) {
      // In turn is the point.
      // oxlint-disable no-await-in-loop -- see above
      await paint.query('insert into things values ($1)', [`paint ${round}`]);
      await saws.query('insert into things values ($1)', [`saw ${round}`]);
      // oxlint-enable no-await-in-loop -- as above
    }
    const sql = 'select name from things order by name';
    assert.deepEqual(await paint.query(sql), [{ name: 'paint 1' }, { name: 'paint 2' }]);
    assert.deepEqual(await saws.query(sql), [{ name: 'saw 1' }, { name: 'saw 2' }]);
  });

  test('may come with many others at once over few connections', async () => {
    await using folders = await openFolders({ connectionsMax: 2 });
    const { paint, saws } = folders;
    const asked = Array.from({ length: 40 }, (_, index) =>
      (index % 2 === 0 ? paint : saws).query('select current_schema() as schema, $1::int as n', [
        index,
      ]),
    );
    for (const [index, rows] of (await Promise.all(asked)).entries()) {
      assert.deepEqual(rows, [{ schema: index % 2 === 0 ? 'paint' : 'saws', n: index }]);
    }
  });

  test('has its values as parameters, never as SQL', async () => {
    await using folders = await openFolders({ connectionsMax: 1 });
    const evil = "'); drop table things; --";
    await folders.paint.query('insert into things values ($1)', [evil]);
    assert.deepEqual(await folders.paint.query('select name from things'), [{ name: evil }]);
  });

  test('is one statement', async () => {
    await using folders = await openFolders({ connectionsMax: 1 });
    await assert.rejects(folders.paint.query('select 1; select 2'), DatabaseError);
  });

  for (const [what, sql, code] of [
    ['bad syntax', 'selekt 1', '42601'],
    ['a table that is not there', 'select * from nothing', '42P01'],
    ['a fault in its data', "select 'x'::int", '22P02'],
    ['a constraint that it breaks', 'insert into things values (null)', '23502'],
  ] as const) {
    test(`with ${what} stays a bug, and the next one works`, async () => {
      await using folders = await openFolders({ connectionsMax: 1 });
      await assert.rejects(folders.paint.query(sql), (thrown) => {
        assert.ok(thrown instanceof DatabaseError);
        assert.equal(thrown.code, code);
        return true;
      });
      assert.deepEqual(await folders.paint.query('select 1 as one'), [{ one: 1 }]);
    });
  }

  test('that takes too long is a timeout, and the next one works', async () => {
    await using folders = await openFolders({ connectionsMax: 1 });
    const slow = folders.paint.transaction(async (database) => {
      await database.query('set local statement_timeout = 20');
      await database.query('select pg_sleep(60)');
    });
    await assert.rejects(slow, isFailure('timeout'));
    assert.deepEqual(await folders.paint.query('select 1 as one'), [{ one: 1 }]);
  });

  test('whose connection is ended in the middle is unavailable, and the next one works', async () => {
    await using folders = await openFolders({ connectionsMax: 1 });
    const [row] = await folders.paint.query<{ pid: number }>('select pg_backend_pid() as pid');
    assert.ok(row !== undefined);
    const asleep = folders.paint.query('select pg_sleep(60)');
    const broken = assert.rejects(asleep, isFailure('unavailable'));
    await folders.admin.query('select pg_terminate_backend($1)', [row.pid]);
    await broken;
    assert.deepEqual(await folders.paint.query('select 1 as one'), [{ one: 1 }]);
  });

  test('for which no connection can be had is unavailable', async () => {
    const pool = new Pool<Client>();
    await pool.end();
    const database = new PooledDatabase(pool, 'paint').during(new AbortController().signal);
    await assert.rejects(database.query('select 1'), isFailure('unavailable'));
  });

  test('is not begun for a call that was given up while it waited for its turn', async () => {
    await using folders = await openFolders({ connectionsMax: 1 });
    const call = new AbortController();
    const given = new PooledDatabase(folders.pool, 'paint').during(call.signal);
    const before = folders.paint.query('select pg_sleep(0.2)');
    const waiting = given.query("insert into things values ('late')");
    call.abort(new Error('Cancelled'));
    await assert.rejects(waiting, /Cancelled/);
    await before;
    assert.deepEqual(await folders.paint.query('select * from things'), []);
    await assert.rejects(given.query('select 1'), /Cancelled/);
  });

  for (const code of ['25006', '53100', '57P01', '58030']) {
    test(`that Postgres refuses with ${code} is unavailable`, async () => {
      await using folders = await openFolders({ connectionsMax: 1 });
      const sql = `do $$ begin raise exception 'refused' using errcode = '${code}'; end $$`;
      await assert.rejects(folders.paint.query(sql), isFailure('unavailable'));
    });
  }

  test('ends in Postgres with its call, and leaves its connection', async (t) => {
    await using folders = await openFolders({ connectionsMax: 2 });
    const call = new AbortController();
    const given = new PooledDatabase(folders.pool, 'paint').during(call.signal);
    const asleep = given.query('select pg_sleep(60)');
    const isAsleep = `select from pg_stat_activity
      where state = 'active' and query = 'select pg_sleep(60)' and datname = current_database()`;
    const count = async () => (await folders.admin.query(isAsleep)).rowCount;
    await t.waitFor(async () => assert.equal(await count(), 1));
    call.abort(new Error('Cancelled'));
    await assert.rejects(asleep, /Cancelled/);
    await t.waitFor(async () => assert.equal(await count(), 0));
    assert.deepEqual(await folders.paint.query('select 1 as one'), [{ one: 1 }]);
  });

  test('leaves its connection with its call, also if the work goes on', async () => {
    await using folders = await openFolders({ connectionsMax: 1 });
    const call = new AbortController();
    const given = new PooledDatabase(folders.pool, 'paint').during(call.signal);
    const begun = Promise.withResolvers<void>();
    void given.transaction(async (database) => {
      await database.query("insert into things values ('a')");
      begun.resolve();
      await new Promise(() => undefined);
    });
    await begun.promise;
    call.abort(new Error('Cancelled'));
    assert.deepEqual(await folders.paint.query('select * from things'), []);
  });

  for (const sql of [
    'set work_mem = 123456',
    "select set_config('work_mem', '123456', false)",
    'select pg_advisory_lock(1)',
    'create temp table mine (id int)',
  ]) {
    test(`leaves nothing on the connection for the next one: ${sql}`, async () => {
      await using folders = await openFolders({ connectionsMax: 1 });
      const look = `select current_setting('work_mem') as memory, to_regclass('mine') as mine,
        (select count(*)::int from pg_locks where locktype = 'advisory' and pid = pg_backend_pid())`;
      const before = await folders.saws.query(look);
      await folders.paint.query(sql);
      assert.deepEqual(await folders.saws.query(look), before);
    });
  }

  test('that sets something for its transaction keeps the connection', async () => {
    await using folders = await openFolders({ connectionsMax: 1 });
    const pid = 'select pg_backend_pid() as pid';
    const before = await folders.paint.query(pid);
    await folders.paint.transaction(async (database) => {
      await database.query('set local work_mem = 123456');
    });
    assert.deepEqual(await folders.paint.query(pid), before);
  });

  test('of a tool leaves half of the connections to the others', async () => {
    await using folders = await openFolders({ connectionsMax: 4 });
    const many = Array.from({ length: 4 }, () => folders.paint.query('select pg_sleep(0.8)'));
    const other = folders.saws.query('select 1').then(() => 'served');
    assert.equal(await Promise.race([other, ...many]), 'served');
    await Promise.all(many);
  });

  test('is refused when too many wait already', async () => {
    await using folders = await openFolders({ connectionsMax: 1 });
    const many = Array.from({ length: 1_100 }, () => folders.paint.query('select 1'));
    const outcomes = await Promise.allSettled(many);
    const refused = outcomes.filter(({ status }) => status === 'rejected');
    assert.ok(refused.length > 0 && refused.length <= 100);
    for (const outcome of refused) {
      assert.ok(outcome.status === 'rejected' && outcome.reason instanceof Failure);
      assert.equal(outcome.reason.code, 'limited');
    }
  });
});

suite('a transaction', () => {
  test('is kept when its work resolves, and resolves with what the work does', async () => {
    await using folders = await openFolders({ connectionsMax: 1 });
    const result = await folders.paint.transaction(async (database) => {
      await database.query("insert into things values ('a')");
      await database.query("insert into things values ('b')");
      return 'kept';
    });
    assert.equal(result, 'kept');
    const sql = 'select name from things order by name';
    assert.deepEqual(await folders.paint.query(sql), [{ name: 'a' }, { name: 'b' }]);
  });

  test('leaves nothing when its work throws, and throws what the work does', async () => {
    await using folders = await openFolders({ connectionsMax: 1 });
    const thrown = new Error('changed my mind');
    const changed = folders.paint.transaction(async (database) => {
      await database.query("insert into things values ('a')");
      throw thrown;
    });
    await assert.rejects(changed, thrown);
    assert.deepEqual(await folders.paint.query('select name from things'), []);
  });

  test('leaves nothing when a statement of it fails', async () => {
    await using folders = await openFolders({ connectionsMax: 1 });
    const failed = folders.paint.transaction(async (database) => {
      await database.query("insert into things values ('a')");
      await database.query('selekt 1');
    });
    await assert.rejects(failed, DatabaseError);
    assert.deepEqual(await folders.paint.query('select name from things'), []);
  });

  test('does not resolve as if it were kept when a statement of it failed unheeded', async () => {
    await using folders = await openFolders({ connectionsMax: 1 });
    const claimed = folders.paint.transaction(async (database) => {
      await database.query("insert into things values ('a')");
      await database.query('selekt 1').catch(() => undefined);
      return 'kept';
    });
    const outcome = await claimed.catch(() => 'thrown');
    const kept = await folders.paint.query('select name from things');
    assert.deepEqual({ outcome, kept }, { outcome: 'thrown', kept: [] });
  });

  test('inside another is kept or not with the other', async () => {
    await using folders = await openFolders({ connectionsMax: 1 });
    const failed = folders.paint.transaction(async (database) => {
      await database.transaction((inner) => inner.query("insert into things values ('a')"));
      throw new Error('changed my mind');
    });
    await assert.rejects(failed);
    assert.deepEqual(await folders.paint.query('select name from things'), []);
  });

  test('whose constraint fails at its end leaves nothing, and the next one works', async () => {
    await using folders = await openFolders({ connectionsMax: 1 });
    await folders.paint.query(
      'alter table things add constraint once unique (name) deferrable initially deferred',
    );
    const failed = folders.paint.transaction(async (database) => {
      await database.query("insert into things values ('a'), ('a')");
    });
    await assert.rejects(failed, { code: '23505' });
    assert.deepEqual(await folders.paint.query('select name from things'), []);
  });

  for (const [when, waits] of [
    ['between two statements', true],
    ['in the middle of one', false],
  ] as const) {
    test(`whose connection is ended ${when} is unavailable, and the next one works`, async (t) => {
      await using folders = await openFolders({ connectionsMax: 1 });
      const failed = folders.paint.transaction(async (database) => {
        await database.query("insert into things values ('a')");
        const [row] = await database.query<{ pid: number }>('select pg_backend_pid() as pid');
        const asleep = waits ? undefined : database.query('select pg_sleep(60)');
        asleep?.catch(() => undefined);
        await folders.admin.query('select pg_terminate_backend($1)', [row?.pid]);
        await t.waitFor(async () => assert.equal(await folders.isThere(row?.pid), false));
        await (asleep ?? database.query("insert into things values ('b')"));
      });
      await assert.rejects(failed, isFailure('unavailable'));
      assert.deepEqual(await folders.paint.query('select name from things'), []);
    });
  }
});
