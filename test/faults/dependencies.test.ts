/** Postgres and Redis, away, slow, or refusing. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { Client } from 'pg';

import { Agent } from '../agent.ts';
import { createDatabase } from '../postgres.ts';
import { FaultProxy } from '../support/fault-proxy.ts';
import { StoppablePostgres } from '../support/stoppable-postgres.ts';
import { StoppableRedis } from '../support/stoppable-redis.ts';
import { Patient } from './patient.ts';
import type { State } from './state.ts';

const timeout = 180_000;
const AWAY = 'postgresql://app:hunter2-hunter2@127.0.0.1:1/app';

suite('a dependency', { concurrency: 2 }, () => {
  test('that refuses connections at the start is waited for, and then ends it (7)', {
    timeout,
  }, async () => {
    await using patient = new Patient({ env: { DATABASE_URL: AWAY } });
    const { supervisor, workers } = await patient.until(
      (state) => state.workers[0]?.state === 'WAITING_DEP',
      'WAITING_DEP',
    );
    assert.match(
      supervisor.stateReason,
      /^postgres: connection refused 127\.0\.0\.1:1\/app, attempt \d+, next in \d s, giving up in \d s$/,
    );
    assert.equal(workers[0]?.restarts, 0);
    assert.equal((await patient.get('/livez')).status, 200);
    const unready = await patient.get('/readyz');
    assert.equal(unready.status, 503);
    assert.ok(unready.headers.has('retry-after'));
    assert.equal((await patient.ended).code, 69);
    const { class: crashClass, cause, dependencies } = patient.fatal();
    assert.equal(crashClass, 'dep_unreachable');
    assert.match(cause, /postgres: connection refused \(ECONNREFUSED\) at 127\.0\.0\.1:1\/app/);
    assert.equal(dependencies.find(({ name }) => name === 'postgres')?.status, 'down');
    assert.equal(patient.starts, 1);
    assert.doesNotMatch(patient.output, /hunter2/);
  });

  test('that turns our password down ends it at once (8)', { timeout }, async () => {
    await using database = await createDatabase();
    const url = new URL(database.url);
    url.password = 'wrong-password';
    await using patient = new Patient({ env: { DATABASE_URL: url.href } });
    assert.equal((await patient.ended).code, 78);
    const { class: crashClass, cause, remedy } = patient.fatal();
    assert.equal(crashClass, 'dep_auth');
    assert.match(cause, /28P01/);
    assert.match(remedy, /DATABASE_URL/);
    assert.equal(patient.starts, 1);
    assert.doesNotMatch(patient.output, /wrong-password/);
  });

  test('whose name nobody knows is waited for, and named (9)', { timeout }, async () => {
    const url = 'postgresql://app@database.invalid:5432/app';
    await using patient = new Patient({
      env: { DATABASE_URL: url, MCP_STARTUP_DEADLINE_MS: '2500' },
    });
    assert.equal((await patient.ended).code, 69);
    assert.match(
      patient.fatal().cause,
      /getaddrinfo.*\((ENOTFOUND|EAI_AGAIN)\) at database\.invalid:5432/,
    );
  });

  test('that comes in time is waited for without a restart (10)', { timeout }, async (t) => {
    await using postgres = await StoppablePostgres.start();
    await postgres.stop();
    await using patient = new Patient({
      env: { DATABASE_URL: postgres.url, MCP_STARTUP_DEADLINE_MS: '30000' },
    });
    await patient.hears(t, 'waiting for a dependency');
    await postgres.start();
    const { workers } = await patient.running();
    assert.deepEqual(
      workers.map(({ restarts }) => restarts),
      [0, 0],
    );
  });

  test('that flaps while we serve changes readiness, and nothing else (11)', {
    timeout,
  }, async () => {
    await using postgres = await StoppablePostgres.start();
    await using patient = new Patient({ env: { DATABASE_URL: postgres.url } });
    const { workers } = await patient.running();
    await using agent = await Agent.connect(await patient.port());
    for (let n = 0; n < 3; n++) {
      await postgres.stop();
      await patient.until(isDown('postgres'), 'postgres down', 10_000);
      assert.equal((await patient.get('/readyz')).status, 503);
      assert.equal((await fetch(`http://127.0.0.1:${await patient.port()}/readyz`)).status, 503);
      assert.equal(typeof (await agent.workerPid()), 'number');
      await postgres.start();
      await patient.until(isUp('postgres'), 'postgres up', 10_000);
      assert.equal((await patient.get('/readyz')).status, 200);
    }
    const after = await patient.state();
    assert.deepEqual(
      after.workers.map(({ pid }) => pid),
      workers.map(({ pid }) => pid),
    );
  });

  test('that accepts and never answers is not waited for without end (12)', {
    timeout,
  }, async () => {
    await using database = await createDatabase();
    const { proxy, url } = await FaultProxy.before(database.url);
    await using _proxy = proxy;
    await using patient = new Patient({ env: { DATABASE_URL: url } });
    await patient.running();
    proxy.set('black-hole');
    const state = await patient.until(isDown('postgres'), 'postgres down', 15_000);
    const postgres = state.dependencies.find(({ name }) => name === 'postgres');
    assert.equal(postgres?.lastError?.class, 'dep_unreachable');
    assert.equal(state.supervisor.state, 'RUNNING');
    proxy.set('none');
    await patient.until(isUp('postgres'), 'postgres up', 15_000);
  });

  for (const [what, change, code] of [
    ['turns our password down', (url: URL) => (url.password = 'wrong-password'), 'WRONGPASS'],
    ['asks for a password that we have not', (url: URL) => (url.password = ''), 'NOAUTH'],
  ] as const) {
    test(`Redis that ${what} ends it at once, with ${code} (13)`, { timeout }, async () => {
      await using database = await createDatabase();
      await using redis = await StoppableRedis.start();
      const url = new URL(redis.url);
      change(url);
      await using patient = new Patient({
        env: { DATABASE_URL: database.url, REDIS_URL: url.href },
      });
      assert.equal((await patient.ended).code, 78);
      const { class: crashClass, cause, remedy } = patient.fatal();
      assert.equal(crashClass, 'dep_auth');
      assert.match(cause, new RegExp(code));
      assert.match(remedy, /REDIS_URL/);
    });
  }

  test('that is Redis, lost while we serve, costs no readiness (14)', { timeout }, async () => {
    await using database = await createDatabase();
    await using redis = await StoppableRedis.start();
    await using patient = new Patient({
      env: { DATABASE_URL: database.url, REDIS_URL: redis.url },
    });
    await patient.running();
    await redis.stop();
    const state = await patient.until(isDown('redis'), 'redis down', 15_000);
    assert.equal(state.supervisor.state, 'RUNNING');
    assert.equal((await patient.get('/readyz')).status, 200);
    assert.equal(await patient.metric('mcp_dependency_up{name="redis",required="false"}'), 0);
    await redis.start();
    await patient.until(isUp('redis'), 'redis up', 15_000);
  });

  test('whose password is changed while we serve makes us unready, and no worker dies (15)', {
    timeout,
  }, async () => {
    await using postgres = await StoppablePostgres.start();
    const admin = new Client({ connectionString: postgres.url });
    await admin.connect();
    admin.on('error', () => undefined);
    await admin.query(`create role app login password 'first-password'`);
    await admin.query('create database app owner app');
    const url = new URL(postgres.url);
    url.username = 'app';
    url.password = 'first-password';
    url.pathname = '/app';
    await using patient = new Patient({ env: { DATABASE_URL: url.href } });
    await patient.running();
    await admin.query(`alter role app password 'second-password'`);
    await admin.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where usename = 'app'`,
    );
    const state = await patient.until(isDown('postgres'), 'postgres down', 15_000);
    const found = state.dependencies.find(({ name }) => name === 'postgres');
    assert.equal(found?.lastError?.class, 'dep_auth');
    assert.equal((await patient.get('/readyz')).status, 503);
    assert.equal(state.supervisor.state, 'RUNNING');
    await admin.query(`alter role app password 'first-password'`);
    await patient.until(isUp('postgres'), 'postgres up', 15_000);
    await admin.end();
    assert.equal(patient.starts, 2);
  });
});

function isDown(wanted: string): (state: State) => boolean {
  return ({ dependencies }) =>
    dependencies.some(({ name, status }) => name === wanted && status === 'down');
}

function isUp(wanted: string): (state: State) => boolean {
  return ({ dependencies }) =>
    dependencies.some(({ name, status }) => name === wanted && status === 'up');
}
