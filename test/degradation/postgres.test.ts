/** Postgres killed, read only, refusing and full, while agents call. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { Client } from 'pg';

import type { Patient } from '../faults/patient.ts';
import { createDatabase } from '../postgres.ts';
import { FaultProxy } from '../support/fault-proxy.ts';
import { StoppablePostgres } from '../support/stoppable-postgres.ts';
import { Load, type Outcome, percentile } from './load.ts';
import { isSeen, lastCode, show, startMeasured } from './measured.ts';

const timeout = 120_000;
const AWAY_MS = 30_000;
/** For machines that do something else, too. What is looked for would be 5 s for each. */
const FAIL_MS_MAX = 2_000;

/** Asks both until told to stop, and notes when readiness was first seen to change. */
function watchProbes(patient: Patient) {
  const seen = { notLive: 0, unreadyAt: 0, readyAgainAt: 0 };
  const over = new AbortController();
  const watching = (async () => {
    while (!over.signal.aborted) {
      if ((await patient.get('/livez')).status !== 200) seen.notLive += 1;
      const { status } = await patient.get('/readyz');
      if (status === 503 && seen.unreadyAt === 0) seen.unreadyAt = performance.now();
      if (status === 200 && seen.unreadyAt > 0) seen.readyAgainAt ||= performance.now();
      await sleep(50);
    }
  })();
  return {
    seen,
    async stop() {
      over.abort();
      await watching;
    },
  };
}

function checkUnavailable(outcomes: readonly Outcome[]): void {
  assert.ok(outcomes.length > 0, 'no call that needs Postgres');
  for (const { error } of outcomes) {
    assert.equal(error?.data?.kind, 'unavailable');
    assert.ok(Number(error?.data?.retryAfterMs) > 0);
  }
}

async function connect(url: string): Promise<Client & AsyncDisposable> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() });
}

suite('Postgres', { concurrency: 2 }, () => {
  test('killed and away for 30 s makes us unready, fails fast what needs it, and loses nothing that was acknowledged', {
    timeout,
  }, async (t) => {
    await using postgres = await StoppablePostgres.start({ durable: true });
    await using patient = startMeasured({ DATABASE_URL: postgres.url });
    await patient.running();
    const pids = patient.workerPids();
    const tools = ['keeps', 'who_serves', 'asks_postgres'];
    const load = await Load.begin({ port: await patient.port(), tools });
    await using _load = load;
    await sleep(2_000);
    const probes = watchProbes(patient);
    await postgres.kill();
    const killedAt = performance.now();
    await sleep(AWAY_MS);
    const upAt = performance.now();
    await postgres.start();
    const backAt = performance.now();
    await patient.until(isSeen('postgres', 'up'), 'postgres up');
    await sleep(1_000);
    await probes.stop();
    await load[Symbol.asyncDispose]();
    const during = load.between(killedAt, upAt);
    const needy = during.filter(({ tool }) => tool !== 'who_serves');
    const others = during.filter(({ tool }) => tool === 'who_serves');
    const kept = load.outcomes.filter(({ tool, error }) => tool === 'keeps' && !error);
    await using client = await connect(postgres.url);
    const { rows } = await client.query<{ id: string }>('select id from tools.kept');
    const found = new Set(rows.map(({ id }) => id));
    const lost = kept.filter(({ id }) => !found.has(id));
    const { notLive, unreadyAt, readyAgainAt } = probes.seen;
    show(t, {
      'unready after ms': unreadyAt - killedAt,
      'ready after ms': readyAgainAt - backAt,
      'calls refused': needy.length,
      'p99 to refuse ms': percentile(needy, 99),
      'longest to refuse ms': percentile(needy, 100),
      'other calls': others.length,
      'their p99 ms': percentile(others, 99),
      acknowledged: kept.length,
      lost: lost.length,
    });
    checkUnavailable(needy);
    assert.deepEqual(
      others.filter(({ error }) => error !== undefined),
      [],
    );
    assert.deepEqual(lost, []);
    assert.ok(unreadyAt > 0 && unreadyAt - killedAt <= 5_000);
    assert.ok(readyAgainAt > 0 && readyAgainAt - backAt <= 2_000);
    assert.equal(notLive, 0);
    assert.ok(percentile(needy, 100) <= FAIL_MS_MAX);
    assert.ok(kept.some(({ startedAt }) => startedAt > backAt));
    assert.equal(load.broken, 0);
    assert.deepEqual(patient.workerPids(), pids);
  });

  test('that takes no writes, ends all connections, lets nobody in or is full is unavailable, and is taken up again', {
    timeout,
  }, async (t) => {
    await using postgres = await StoppablePostgres.start();
    await using admin = await connect(postgres.url);
    await admin.query(`create role app login password 'first-password'`);
    await admin.query('create database app owner app');
    const url = new URL(postgres.url);
    Object.assign(url, { username: 'app', password: 'first-password', pathname: '/app' });
    await using patient = startMeasured({ DATABASE_URL: url.href });
    await patient.running();
    const pids = patient.workerPids();
    await using load = await Load.begin({ port: await patient.port(), tools: ['keeps'] });
    const endAll = `select pg_terminate_backend(pid) from pg_stat_activity where usename = 'app'`;
    for (const [code, begin, end] of [
      [
        '25006',
        ['alter system set default_transaction_read_only = on', 'select pg_reload_conf()'],
        ['alter system reset default_transaction_read_only', 'select pg_reload_conf()'],
      ],
      [
        '28P01',
        [`alter role app password 'second-password'`, endAll],
        [`alter role app password 'first-password'`],
      ],
      [
        '53300',
        ['alter role app connection limit 0', endAll],
        ['alter role app connection limit -1'],
      ],
    ] as const) {
      for (const sql of begin) await admin.query(sql);
      const state = await patient.until(isSeen('postgres', 'down'), `postgres down by ${code}`);
      const downAt = performance.now();
      assert.equal(lastCode(state, 'postgres'), code);
      assert.equal((await patient.get('/readyz')).status, 503);
      assert.equal((await patient.get('/livez')).status, 200);
      await sleep(500);
      const endedAt = performance.now();
      // What sets all to read only would itself be refused otherwise.
      await admin.query('set default_transaction_read_only = off');
      for (const sql of end) await admin.query(sql);
      await patient.until(isSeen('postgres', 'up'), `postgres up after ${code}`);
      const upAt = performance.now();
      checkUnavailable(load.between(downAt, endedAt));
      await t.waitFor(() => assert.ok(load.between(upAt, Infinity).some(({ error }) => !error)), {
        timeout: 5_000,
      });
      show(t, { [`${code}: up after ms`]: upAt - endedAt });
    }
    const endedAt = performance.now();
    await admin.query(endAll);
    await t.waitFor(() => assert.ok(load.between(endedAt + 500, Infinity).length > 20), {
      timeout: 10_000,
    });
    const failed = load.between(endedAt + 500, Infinity).filter(({ error }) => error);
    assert.deepEqual(failed, []);
    assert.equal(load.broken, 0);
    assert.deepEqual(patient.workerPids(), pids);
  });

  test('that accepts and never answers makes no call wait for more than its connection', {
    timeout,
  }, async (t) => {
    await using database = await createDatabase();
    const { proxy, url } = await FaultProxy.before(database.url);
    await using _proxy = proxy;
    await using patient = startMeasured({ DATABASE_URL: url });
    await patient.running();
    const tools = ['asks_postgres', 'who_serves'];
    await using load = await Load.begin({ port: await patient.port(), tools });
    await sleep(500);
    proxy.set('black-hole');
    const silentAt = performance.now();
    await patient.until(isSeen('postgres', 'down'), 'postgres down');
    await sleep(4_000);
    const overAt = performance.now();
    proxy.set('none');
    await patient.until(isSeen('postgres', 'up'), 'postgres up');
    await sleep(3_000);
    const needy = load.between(silentAt, overAt).filter(({ tool }) => tool !== 'who_serves');
    show(t, { refused: needy.length, 'longest to refuse ms': percentile(needy, 100) });
    checkUnavailable(needy);
    assert.ok(percentile(needy, 100) <= 3_000);
    assert.equal(load.broken, 0);
  });
});
