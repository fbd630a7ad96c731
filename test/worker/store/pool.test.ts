import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { Failure } from '../../../src/shared/errors.ts';
import { silent } from '../../../src/shared/logger.ts';
import { openClient, openPool, serverOf } from '../../../src/worker/store/pool.ts';
import { createDatabase } from '../../postgres.ts';
import { recordLog } from '../recorded-log.ts';
import { findFreePort, withParts } from './free-port.ts';
import { openReports } from './reports.ts';
import { openBlackHole, openWay } from './way.ts';

const limits = {
  connectionsMax: 2,
  deadlineMs: 10_000,
  report: () => undefined,
  log: silent,
};

/** A refusal that names its code and our variable, and no secret. */
function isRefusal(code: string, secret: string) {
  return (thrown: unknown): boolean => {
    assert.ok(thrown instanceof Failure, String(thrown));
    assert.deepEqual([thrown.code, thrown.crashClass], ['invalid', 'dep_auth']);
    assert.ok(thrown.message.includes(`(${code})`), thrown.message);
    assert.match(thrown.remedy ?? '', /DATABASE_URL/);
    assert.ok(!thrown.message.includes(secret));
    return true;
  };
}

suite('the pool', () => {
  test('is open once Postgres has answered, and cuts off statements after 30 s', async () => {
    await using database = await createDatabase();
    const { reports, report } = openReports();
    await using opened = await openPool({ url: database.url, ...limits, report });
    const { rows } = await opened.pool.query('show statement_timeout');
    assert.deepEqual(rows, [{ statement_timeout: '30s' }]);
    assert.deepEqual(
      reports.map(({ name, status }) => [name, status]),
      [['postgres', 'up']],
    );
  });

  test('closes all its connections when it is disposed of', async () => {
    await using database = await createDatabase();
    const admin = await openClient(database.url);
    const opened = await openPool({ url: database.url, ...limits });
    await Promise.all([opened.pool.query('select 1'), opened.dependency.ask()]);
    const { rowCount } = await admin.query(
      "select from pg_stat_activity where datname = current_database() and application_name like 'holdfast%'",
    );
    assert.equal(rowCount, 3);
    await opened[Symbol.asyncDispose]();
    assert.ok(opened.pool.ended);
    await admin.end();
  });

  for (const [what, change, code] of [
    ['a wrong password', { password: 'wrong' }, '28P01'],
    ['no password where one is asked', { password: '' }, 'NO_PASSWORD'],
    ['a database that is not there', { pathname: '/no_such_database' }, '3D000'],
  ] as const) {
    test(`for ${what} fails at once and names the variable`, async () => {
      await using database = await createDatabase();
      const url = withParts(database.url, change);
      const { reports, report } = openReports();
      const before = performance.now();
      const secret = new URL(database.url).password;
      await assert.rejects(openPool({ url, ...limits, report }), isRefusal(code, secret));
      assert.ok(performance.now() - before < 5_000);
      assert.partialDeepStrictEqual(reports, [{ status: 'down', class: 'dep_auth', code }]);
    });
  }

  test('where nothing listens says so, and waits for who will', async () => {
    await using database = await createDatabase();
    const port = await findFreePort();
    const { log, lines } = recordLog();
    const { report, firstDown } = openReports();
    const url = withParts(database.url, { port: String(port) });
    const opening = openPool({ url, ...limits, report, log });
    assert.partialDeepStrictEqual(await firstDown, {
      class: 'dep_unreachable',
      code: 'ECONNREFUSED',
      message: 'connection refused',
      address: serverOf(url),
      attempt: 1,
    });
    await using _way = await openWay(database.url, port);
    await using opened = await opening;
    assert.equal((await opened.pool.query('select 1')).rowCount, 1);
    const written = JSON.stringify(lines);
    assert.match(written, /waiting for a dependency/);
    assert.ok(!written.includes(new URL(url).password));
  });

  test('counts a server that accepts and never answers as too late', async () => {
    await using database = await createDatabase();
    const hole = await openBlackHole();
    const { report, firstDown } = openReports();
    const url = withParts(database.url, { port: hole.port });
    const opening = openPool({ url, ...limits, report });
    const { code, message } = await firstDown;
    assert.deepEqual([code, message], ['TIMEOUT', 'no answer in time']);
    await hole[Symbol.asyncDispose]();
    await using _way = await openWay(database.url, Number(hole.port));
    await using _opened = await opening;
  });

  test('lives on when an idle connection breaks, and opens another', async (t) => {
    await using database = await createDatabase();
    const { log, lines } = recordLog();
    await using opened = await openPool({ url: database.url, ...limits, connectionsMax: 1, log });
    const { pool } = opened;
    const admin = await openClient(database.url);
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
    await admin.end();
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
  assert.equal(serverOf('postgresql://ann:hunter2@db:5432/a?sslmode=on'), 'db:5432/a');
  assert.equal(serverOf('redis://:hunter2@cache/0'), 'cache/0');
});
