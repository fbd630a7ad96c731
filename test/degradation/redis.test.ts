/** Redis away, silent, flapping, full, and a replica, while agents call. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { Redis } from 'ioredis';

import type { Agent } from '../agent.ts';
import type { Patient } from '../faults/patient.ts';
import { createDatabase } from '../postgres.ts';
import { HttpAgent } from '../process/http-agent.ts';
import { StoppableRedis } from '../support/stoppable-redis.ts';
import { Load, percentile } from './load.ts';
import { isSeen, lastCode, noRedis, show, startMeasured } from './measured.ts';

const timeout = 90_000;
const tools = ['who_serves', 'asks_postgres'];
/** For machines that do something else, too. What is looked for would be 1 s for each look-up. */
const CALL_MS_MAX = 2_000;

/** A Holdfast with a Redis of its own. */
async function openPatient() {
  await using opened = new AsyncDisposableStack();
  const database = opened.use(await createDatabase());
  const redis = opened.use(await StoppableRedis.start());
  const patient = opened.use(startMeasured({ DATABASE_URL: database.url, REDIS_URL: redis.url }));
  await patient.running();
  const kept = opened.move();
  return { redis, patient, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

/** One agent at each of two workers. */
async function oneOfEach(agents: readonly Agent[]): Promise<readonly [Agent, Agent]> {
  const pids = await Promise.all(agents.map((agent) => agent.workerPid()));
  const other = agents[pids.findIndex((pid) => pid !== pids[0])];
  const [first] = agents;
  assert.ok(first !== undefined && other !== undefined, 'all are at one worker');
  return [first, other];
}

/** Resolves when an agent is next told that the list of tools has changed. */
async function isTold(agent: Agent): Promise<number> {
  return new Promise((resolve) => {
    agent.socket.on('message', (data: Buffer) => {
      if (data.includes('notifications/tools/list_changed')) resolve(performance.now());
    });
  });
}

async function checkNobodyHurt(patient: Patient, load: Load, pids: readonly number[]) {
  assert.equal(load.broken, 0, 'sockets and requests that broke');
  assert.deepEqual(patient.workerPids(), pids);
  const failed = load.outcomes.filter(({ error }) => error !== undefined);
  assert.deepEqual(failed, []);
}

suite('Redis', { concurrency: 2, skip: noRedis }, () => {
  test('away for ten seconds costs no call and no socket, and what changed is told within a second of its return', {
    timeout,
  }, async (t) => {
    await using held = await openPatient();
    const { patient, redis } = held;
    const pids = patient.workerPids();
    await using load = await Load.begin({ port: await patient.port(), tools });
    const [announcer, listener] = await oneOfEach(load.agents);
    await sleep(1_000);
    const awayAt = performance.now();
    await redis.stop();
    const told = isTold(listener);
    await announcer.call('announces');
    await patient.until(isSeen('redis', 'down'), 'redis down');
    // New sessions are made without it, too.
    const fresh = await HttpAgent.begin(await patient.port());
    await fresh.ask('tools/list');
    while (performance.now() - awayAt < 10_000) {
      assert.equal((await patient.get('/readyz')).status, 200);
      await sleep(500);
    }
    assert.match(await (await patient.get('/readyz?verbose')).text(), /redis/);
    await redis.start();
    const backAt = performance.now();
    const caughtUpMs = (await told) - backAt;
    await patient.until(isSeen('redis', 'up'), 'redis up');
    const [before, during] = [load.between(0, awayAt), load.between(awayAt, backAt)];
    show(t, {
      'calls meanwhile': during.length,
      'p99 before ms': percentile(before, 99),
      'p99 meanwhile ms': percentile(during, 99),
      'longest ms': percentile(during, 100),
      'caught up after ms': caughtUpMs,
    });
    assert.ok(caughtUpMs <= 1_000, `caught up after ${caughtUpMs} ms`);
    assert.ok(percentile(during, 100) <= CALL_MS_MAX);
    await checkNobodyHurt(patient, load, pids);
  });

  test('silent is waited for once, and not by every call', { timeout }, async (t) => {
    await using held = await openPatient();
    const { patient, redis } = held;
    const pids = patient.workerPids();
    await using load = await Load.begin({ port: await patient.port(), tools, http: 6 });
    await sleep(1_000);
    redis.pause();
    const silentAt = performance.now();
    await patient.until(isSeen('redis', 'down'), 'redis down');
    await sleep(6_000);
    const overAt = performance.now();
    redis.resume();
    await patient.until(isSeen('redis', 'up'), 'redis up');
    const ofSessions = load.between(silentAt, overAt).filter(({ over }) => over === 'HTTP');
    const slow = ofSessions.filter(({ ms }) => ms > 500);
    show(t, {
      'calls meanwhile': ofSessions.length,
      'of them over 500 ms': slow.length,
      'median ms': percentile(ofSessions, 50),
      'longest ms': percentile(ofSessions, 100),
    });
    // Each of six agents, at either worker: so many have asked before it was known.
    assert.ok(slow.length <= 18, `${slow.length} of ${ofSessions.length} waited`);
    assert.ok(percentile(ofSessions, 50) <= 250);
    await checkNobodyHurt(patient, load, pids);
  });

  test('that comes and goes every 300 ms for ten seconds hurts nobody', { timeout }, async (t) => {
    await using held = await openPatient();
    const { patient, redis } = held;
    const pids = patient.workerPids();
    await using load = await Load.begin({ port: await patient.port(), tools });
    const startedAt = performance.now();
    let flaps = 0;
    for (; performance.now() - startedAt < 10_000; flaps += 1) {
      await redis.stop();
      await sleep(300);
      await redis.start();
      await sleep(300);
    }
    await patient.until(isSeen('redis', 'up'), 'redis up');
    show(t, { flaps, calls: load.outcomes.length, 'longest ms': percentile(load.outcomes, 100) });
    assert.equal((await patient.get('/readyz')).status, 200);
    await checkNobodyHurt(patient, load, pids);
  });

  test('full, or a replica after a failover, is as if it were away, until it takes writes again', {
    timeout,
  }, async (t) => {
    await using held = await openPatient();
    const { patient, redis } = held;
    const admin = new Redis(redis.url);
    await using _admin = { [Symbol.asyncDispose]: async () => admin.disconnect() };
    const pids = patient.workerPids();
    await using load = await Load.begin({ port: await patient.port(), tools });
    const [announcer, listener] = await oneOfEach(load.agents);
    const connections = async () =>
      Number(/total_connections_received:(\d+)/.exec(await admin.info('stats'))?.[1]);
    for (const [code, begin, end] of [
      [
        'OOM',
        () => admin.config('SET', 'maxmemory-policy', 'noeviction', 'maxmemory', '1'),
        () => admin.config('SET', 'maxmemory', '256mb'),
      ],
      ['READONLY', () => admin.replicaof('127.0.0.1', 1), () => admin.replicaof('NO', 'ONE')],
    ] as const) {
      const before = await connections();
      await begin();
      const state = await patient.until(isSeen('redis', 'down'), `redis ${code}`);
      assert.equal(lastCode(state, 'redis'), code);
      assert.equal((await patient.get('/readyz')).status, 200);
      const fresh = await HttpAgent.begin(await patient.port());
      await fresh.ask('tools/list');
      const told = isTold(listener);
      await announcer.call('announces');
      await sleep(2_000);
      const made = (await connections()) - before;
      await end();
      const backAt = performance.now();
      const caughtUpMs = (await told) - backAt;
      await patient.until(isSeen('redis', 'up'), `redis up after ${code}`);
      show(t, { [`${code}: connections made`]: made, 'caught up after ms': caughtUpMs });
      assert.ok(caughtUpMs <= 2_000, `caught up after ${caughtUpMs} ms`);
      // A replica is left for the new primary, and not in a circle without end.
      if (code === 'READONLY') assert.ok(made >= 1 && made <= 30, `${made} connections`);
    }
    await checkNobodyHurt(patient, load, pids);
  });

  for (const [what, port, password, code] of [
    ['away', '1', undefined, 69],
    ['there for others, and not for our password,', undefined, 'wrong-password', 78],
  ] as const) {
    test(`that is ${what} at a start in production ends it with ${code}, and is named`, {
      timeout,
    }, async () => {
      await using database = await createDatabase();
      await using redis = await StoppableRedis.start();
      const url = new URL(redis.url);
      if (port !== undefined) url.port = port;
      if (password !== undefined) url.password = password;
      await using patient = startMeasured({
        DATABASE_URL: database.url,
        REDIS_URL: url.href,
        MCP_ENV: 'production',
        MCP_HOST: '127.0.0.1',
        MCP_AUTH: 'none',
      });
      assert.equal((await patient.ended).code, code);
      const { class: crashClass, cause } = patient.fatal();
      assert.equal(crashClass, code === 69 ? 'dep_unreachable' : 'dep_auth');
      assert.match(cause, /^redis|redis at|redis:/);
      assert.doesNotMatch(patient.output, /wrong-password/);
    });
  }
});
