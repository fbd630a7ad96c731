import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import type { SupervisorEvent } from '../../src/supervisor/events.ts';
import type { WorkerSnapshot } from '../../src/supervisor/snapshot.ts';
import {
  reasonOf,
  type Situation,
  StateTracker,
  stateOf,
} from '../../src/supervisor/supervisor-state.ts';
import { whole } from './fatal/fatal-facts.ts';

const boot: Situation = {
  fatality: undefined,
  stopping: false,
  started: false,
  ready: 0,
  desired: 4,
};
const idle: WorkerSnapshot = {
  slot: 0,
  incarnation: 0,
  pid: undefined,
  state: 'IDLE',
  stateSince: 0,
  generation: 0,
  toolGeneration: undefined,
  toolGenerationsLoaded: 0,
  forkedAt: undefined,
  readyAt: undefined,
  bootMs: undefined,
  restarts: 0,
  consecutiveFailures: 0,
  silentMs: undefined,
  heartbeat: undefined,
  nextStartAt: undefined,
  lastExit: undefined,
};

suite('the state of the whole', () => {
  for (const [what, change, state] of [
    ['until a worker was ever ready', {}, 'BOOTING'],
    ['with some of its workers', { started: true, ready: 1 }, 'DEGRADED'],
    ['with all of them', { started: true, ready: 4 }, 'RUNNING'],
    ['with more than all of them, amid a reload', { started: true, ready: 5 }, 'RUNNING'],
    ['with none that is left', { started: true }, 'NO_CAPACITY'],
    ['while it stops, however many serve', { stopping: true, ready: 4 }, 'STOPPING'],
    ['once it gave up', { fatality: 'x', stopping: true, ready: 4 }, 'FATAL'],
  ] as const) {
    test(`is ${state} ${what}`, () => {
      assert.equal(stateOf({ ...boot, ...change }), state);
    });
  }
});

suite('the reason for it', () => {
  const { evidence } = whole;
  const slots: readonly WorkerSnapshot[] = [
    { ...idle, state: 'READY' },
    { ...idle, slot: 1, state: 'PARKED', lastExit: evidence?.lastExit },
    { ...idle, slot: 2, state: 'BOOTING' },
  ];

  test('is why we gave up, else what is waited for, else which slots do not serve', () => {
    const fatality = 'the port was taken';
    assert.equal(reasonOf({ ...boot, fatality }, slots, 'postgres: away'), fatality);
    assert.equal(reasonOf(boot, slots, 'postgres: away'), 'postgres: away');
    assert.equal(
      reasonOf(boot, slots, undefined),
      'slot 1 in PARKED (dep_auth), slot 2 in BOOTING',
    );
  });

  test('is how many serve when all do', () => {
    const situation = { ...boot, ready: 4 };
    assert.equal(reasonOf(situation, slots.slice(0, 1), undefined), '4 of 4 workers serve');
  });
});

suite('a change of state', () => {
  test('is told once, with its reason; a reason may change without one', () => {
    const events: SupervisorEvent[] = [];
    const tracker = new StateTracker((event) => events.push(event));
    assert.partialDeepStrictEqual(tracker.current, { state: 'INIT', stateReason: 'starting' });
    tracker.update('BOOTING', 'slot 0 in BOOTING');
    tracker.update('BOOTING', 'postgres: connection refused');
    assert.equal(tracker.current.stateReason, 'postgres: connection refused');
    tracker.update('RUNNING', '1 of 1 workers serve');
    assert.deepEqual(events, [
      { type: 'state_changed', from: 'INIT', to: 'BOOTING', reason: 'slot 0 in BOOTING' },
      { type: 'state_changed', from: 'BOOTING', to: 'RUNNING', reason: '1 of 1 workers serve' },
    ]);
  });

  test('is the moment since when it holds', (t) => {
    t.mock.timers.enable({ apis: ['Date'], now: 1_000 });
    const tracker = new StateTracker(() => undefined);
    t.mock.timers.setTime(2_000);
    tracker.update('BOOTING', 'a');
    t.mock.timers.setTime(3_000);
    tracker.update('BOOTING', 'b');
    assert.equal(tracker.current.stateSince, 2_000);
  });
});
