import assert from 'node:assert/strict';
import { suite, type TestContext, test } from 'node:test';

import type { FromWorker } from '../../../src/shared/ipc.ts';
import type { SupervisorEvent } from '../../../src/supervisor/events.ts';
import { WorkerLife } from '../../../src/supervisor/incarnation/worker-life.ts';
import { away, there } from '../../worker/dependency-reports.ts';
import { lastWordsOf } from '../evidence.ts';

const WHO = { slot: 2, incarnation: 7, pid: 4_711 };
const LIMITS = { suspectMs: 5_000, silenceMs: 15_000, bootMs: 30_000, waitMs: 60_000 };
const HELLO: FromWorker = { type: 'hello', version: 1, build: '0.1.0', node: 'v26.10.0' };
const READY: FromWorker = { type: 'ready', port: 3_000, generation: 'g' };
const HEARTBEAT: FromWorker = {
  type: 'heartbeat',
  sequence: 1,
  utilization: 0.5,
  loopDelayP99Ms: 1,
  rssBytes: 1,
  heapUsedBytes: 1,
  heapLimitBytes: 2,
  webSockets: 0,
  http: 0,
  inFlight: 0,
  oldestInFlightMs: 0,
};

const dependency = (report: ReturnType<typeof away>): FromWorker => {
  return { type: 'dependency', ...report };
};
const phase = (name: 'setup' | 'listening', limitMs?: number): FromWorker => {
  return { type: 'phase', name, limitMs };
};
const ofGeneration = (step: 'prepared' | 'unfit' | 'swapped', generation: string): FromWorker => {
  return { type: 'generation', generation, step, message: undefined };
};

/** A life that heard these, and what was told of it. */
function lifeOf(t: TestContext, ...said: readonly FromWorker[]) {
  const clock = { now: 50_000 };
  t.mock.method(performance, 'now', () => clock.now);
  const events: SupervisorEvent[] = [];
  const life = new WorkerLife(WHO, (event) => events.push(event));
  for (const message of said) life.hear(message);
  return { life, events, clock };
}

/** Lets so much time pass while it goes on saying something. Says what its time is over for at the end. */
function pass(life: WorkerLife, totalMs: number): ReturnType<WorkerLife['tick']> {
  for (let passedMs = 0; passedMs < totalMs; passedMs += 1_000) {
    life.hear(HEARTBEAT);
    const overdue = life.tick(1_000, LIMITS);
    if (overdue !== undefined) return overdue;
  }
  return undefined;
}

suite('the life of a worker', () => {
  test('knows which tools it serves, and how often it has loaded some', (t) => {
    const { life } = lifeOf(t, HELLO);
    assert.equal(life.toolGeneration, undefined);
    life.hear(READY);
    assert.deepEqual([life.toolGeneration, life.shown().toolGenerationsLoaded], ['g', 1]);
    life.hear(ofGeneration('prepared', 'h'));
    life.hear(ofGeneration('unfit', 'i'));
    assert.deepEqual([life.toolGeneration, life.shown().toolGenerationsLoaded], ['g', 3]);
    life.hear(ofGeneration('swapped', 'h'));
    assert.deepEqual([life.toolGeneration, life.shown().toolGenerationsLoaded], ['h', 3]);
  });

  test('goes from its fork to serving, and is told of', (t) => {
    const { life, events, clock } = lifeOf(t);
    const states = [life.state];
    for (const said of [HELLO, phase('listening'), READY]) {
      clock.now += 250;
      life.hear(said);
      states.push(life.state);
    }
    assert.deepEqual(states, ['FORKING', 'BOOTING', 'BOOTING', 'READY']);
    assert.deepEqual(events, [
      { type: 'worker_phase', phase: 'listening', ...WHO },
      { type: 'worker_ready', bootMs: 750, port: 3_000, ...WHO },
    ]);
    clock.now += 1_000;
    assert.deepEqual([life.isReady, life.bootMs, life.readyForMs], [true, 750, 1_000]);
    assert.deepEqual(life.testimony(), {
      lastWords: undefined,
      phase: 'listening',
      served: true,
      away: [],
    });
  });

  test('is ready once, however often it says so', (t) => {
    const { life, events, clock } = lifeOf(t, HELLO, READY);
    clock.now += 9_000;
    life.hear(READY);
    assert.equal(events.length, 1);
    assert.equal(life.bootMs, 0);
  });

  test('that was told to end while it booted serves nobody when it becomes ready', (t) => {
    const { life, events } = lifeOf(t, HELLO);
    life.enter('KILLING');
    life.hear(READY);
    assert.deepEqual([life.state, life.isReady, life.isEnding], ['KILLING', false, true]);
    assert.deepEqual(
      events.map(({ type }) => type),
      ['worker_ready'],
    );
  });

  test('that is over stays over', (t) => {
    const { life } = lifeOf(t, HELLO, READY);
    life.enter('EXITED');
    life.enter('READY');
    assert.equal(life.state, 'EXITED');
  });

  test('keeps its last words and its last heartbeat', (t) => {
    const lastWords = lastWordsOf('config', 'MCP_PORT is no port');
    const { life } = lifeOf(t, HELLO, HEARTBEAT, { type: 'fatal', ...lastWords });
    assert.partialDeepStrictEqual(life.testimony().lastWords, lastWords);
    assert.equal(life.shown().heartbeat?.rssBytes, 1);
  });
});

suite('the time of a worker', () => {
  test('is over when it boots for too long', (t) => {
    const { life } = lifeOf(t, HELLO);
    assert.equal(pass(life, 29_000), undefined);
    assert.equal(pass(life, 1_000), 'boot-deadline');
  });

  test('stands still while it waits for a dependency, and counts on after that', (t) => {
    const { life } = lifeOf(t, HELLO);
    pass(life, 20_000);
    life.hear(dependency(away('postgres')));
    life.hear(dependency(away('redis')));
    assert.equal(life.state, 'WAITING_DEP');
    assert.equal(pass(life, 40_000), undefined);
    life.hear(dependency(there('postgres')));
    assert.equal(life.state, 'WAITING_DEP');
    assert.deepEqual(
      life.testimony().away.map(({ name }) => name),
      ['redis'],
    );
    life.hear(dependency(there('redis')));
    assert.deepEqual([life.state, life.waitedMs], ['BOOTING', 40_000]);
    assert.equal(pass(life, 10_000), 'boot-deadline');
  });

  test('is over when a dependency stays away, counted anew from when that is limited', (t) => {
    const { life } = lifeOf(t, HELLO, dependency(away('postgres')));
    assert.equal(pass(life, 59_000), undefined);
    assert.equal(life.tick(1_000, { ...LIMITS, waitMs: undefined }), undefined);
    assert.equal(pass(life, 59_000), undefined);
    assert.equal(pass(life, 1_000), 'dependency-deadline');
  });

  test('to speak is not limited before its first word: that to boot is', (t) => {
    const { life } = lifeOf(t);
    const found = Array.from({ length: 30 }, () => life.tick(1_000, LIMITS));
    assert.deepEqual(found, [...Array.from({ length: 29 }, () => undefined), 'boot-deadline']);
  });

  test('is that of its phase, where the phase has one, and begins anew with each', (t) => {
    const { life } = lifeOf(t, HELLO, phase('setup', 100_000));
    assert.equal(pass(life, 99_000), undefined);
    life.hear(phase('setup', 100_000));
    assert.equal(pass(life, 99_000), undefined);
    assert.equal(pass(life, 1_000), 'boot-deadline');
    assert.equal(life.testimony().phase, 'setup');
  });

  test('to speak is over when it is silent, booting or not', (t) => {
    for (const said of [[HELLO], [HELLO, READY], [HELLO, dependency(away('postgres'))]]) {
      const { life } = lifeOf(t, ...said);
      const found = Array.from({ length: 15 }, () => life.tick(1_000, LIMITS));
      assert.equal(found[3], undefined);
      assert.deepEqual(found.slice(4), [...Array.from({ length: 10 }, () => 'suspect'), 'hang']);
      assert.equal(life.silentMs, 15_000);
      t.mock.restoreAll();
    }
  });

  test('is not limited here once it ends', (t) => {
    for (const state of ['DRAINING', 'KILLING', 'EXITED'] as const) {
      const { life } = lifeOf(t, HELLO, READY);
      life.enter(state);
      assert.equal(life.tick(1_000_000, LIMITS), undefined);
      t.mock.restoreAll();
    }
  });

  test('begins anew when one that was suspected speaks, which is told', (t) => {
    const { life, events } = lifeOf(t, HELLO, READY);
    life.tick(6_000, LIMITS);
    life.enter('SUSPECT');
    assert.ok(life.isReady);
    life.hear(HEARTBEAT);
    assert.deepEqual([life.state, life.silentMs], ['READY', 0]);
    assert.deepEqual(events.at(-1), { type: 'hang_recovered', silentMs: 6_000, ...WHO });
  });
});
