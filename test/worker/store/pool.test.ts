import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { Failure, type FailureCode } from '../../../src/shared/errors.ts';
import { silent } from '../../../src/shared/logger.ts';
import { addressOf, openClient, openPool } from '../../../src/worker/store/pool.ts';
import { createDatabase } from '../../postgres.ts';
import { recordLog } from '../recorded-log.ts';
import { findFreePort, withParts } from './free-port.ts';

function isFailure(code: FailureCode, texts: readonly string[], secret: string) {
  return (thrown: unknown): boolean => {
    assert.ok(thrown instanceof Failure, String(thrown));
    assert.equal(thrown.code, code);
    for (const text of texts) assert.ok(thrown.message.includes(text), thrown.message);
    assert.ok(!thrown.message.includes(secret));
    return true;
  };
}

const limits = { connectionsMax: 2, deadlineMs: 10_000, log: silent };

suite('the pool', () => {
  test('is open once Postgres has answered, and cuts off statements after 30 s', async () => {
    await using database = await createDatabase();
    const pool = await openPool({ url: database.url, ...limits });
    try {
      const { rows } = await pool.query('show statement_timeout');
      assert.deepEqual(rows, [{ statement_timeout: '30s' }]);
    } finally {
      await pool.end();
    }
  });

  for (const [what, change, code] of [
    ['a wrong password', { password: 'wrong' }, '28P01'],
    ['a database that is not there', { pathname: '/no_such_database' }, '3D000'],
  ] as const) {
    test(`for ${what} fails at once and names the variable`, async () => {
      await using database = await createDatabase();
      const url = withParts(database.url, change);
      const before = performance.now();
      const secret = new URL(database.url).password;
      const expected = isFailure('invalid', [code, 'DATABASE_URL'], secret);
      await assert.rejects(openPool({ url, ...limits }), expected);
      assert.ok(performance.now() - before < 5_000);
    });
  }

  test('where nothing listens fails at the deadline and names the variable', async () => {
    const port = await findFreePort();
    const { log, lines } = recordLog();
    const url = `postgresql://ann:hunter2@127.0.0.1:${port}/holdfast`;
    const before = performance.now();
    const texts = ['ECONNREFUSED', 'DATABASE_URL', `127.0.0.1:${port}/holdfast`];
    const expected = isFailure('unavailable', texts, 'hunter2');
    await assert.rejects(openPool({ url, ...limits, deadlineMs: 200, log }), expected);
    assert.ok(performance.now() - before < 2_000);
    assert.doesNotMatch(JSON.stringify(lines), /hunter2/);
  });

  test('lives on when an idle connection breaks, and opens another', async (t) => {
    await using database = await createDatabase();
    const { log, lines } = recordLog();
    const pool = await openPool({ url: database.url, ...limits, connectionsMax: 1, log });
    const admin = await openClient(database.url);
    try {
      const pidOf = async (): Promise<number> => {
        const { rows } = await pool.query<{ pid: number }>('select pg_backend_pid() as pid');
        assert.ok(rows[0] !== undefined);
        return rows[0].pid;
      };
      const first = await pidOf();
      await admin.query('select pg_terminate_backend($1)', [first]);
      await t.waitFor(() => assert.equal(pool.totalCount, 0));
      assert.notEqual(await pidOf(), first);
      assert.ok(lines.every(({ level }) => level === 'debug'));
    } finally {
      await admin.end();
      await pool.end();
    }
  });
});

suite('a client of its own', () => {
  test('has no statement cut off', async () => {
    await using database = await createDatabase();
    const client = await openClient(database.url);
    const { rows } = await client.query('show statement_timeout');
    await client.end();
    assert.deepEqual(rows, [{ statement_timeout: '0' }]);
  });

  test('rejects where nothing listens', async () => {
    const url = withParts('postgresql://ann@127.0.0.1/a', { port: String(await findFreePort()) });
    await assert.rejects(openClient(url), { code: 'ECONNREFUSED' });
  });
});

test('an address shows no credentials', () => {
  assert.equal(addressOf('postgresql://ann:hunter2@db:5432/a?sslmode=on'), 'db:5432/a');
  assert.equal(addressOf('redis://:hunter2@cache/0'), 'cache/0');
});
