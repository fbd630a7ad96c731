import assert from 'node:assert/strict';
import { suite, type TestContext, test } from 'node:test';

import { advance, type Clocks, findOverdue, Watchdog } from '../../src/supervisor/watchdog.ts';

const TICK_MS = 250;
const LIMITS = { suspectMs: 5_000, silenceMs: 15_000, bootMs: 30_000, waitMs: 60_000 };
const FRESH: Clocks = { silentMs: 0, bootMs: 0, phaseMs: 0, waitMs: 0 };
const SERVING = { booting: false, waiting: false, phaseLimitMs: undefined };
const BOOTING = { ...SERVING, booting: true };
const WAITING = { ...BOOTING, waiting: true };
const IN_SETUP = { ...BOOTING, phaseLimitMs: 600_000 };

/** A watchdog under a clock of the test. */
function openWatchdog(t: TestContext) {
  const clock = { now: 1_000 };
  t.mock.timers.enable({ apis: ['setInterval'] });
  t.mock.method(performance, 'now', () => clock.now);
  const ticks: number[] = [];
  const pauses: number[] = [];
  const watchdog = new Watchdog({
    tickMs: TICK_MS,
    onTick: (elapsedMs) => ticks.push(elapsedMs),
    onPause: (pausedMs) => pauses.push(pausedMs),
  });
  watchdog.start();
  /** One tick, which comes so much too late. */
  const tickLateBy = (lateMs: number): void => {
    clock.now += TICK_MS + lateMs;
    t.mock.timers.tick(TICK_MS);
  };
  return { watchdog, ticks, pauses, tickLateBy };
}

suite('the clocks of a worker', () => {
  test('count silence always, and one other while it boots', () => {
    for (const [activity, counted] of [
      [SERVING, {}],
      [BOOTING, { bootMs: 100 }],
      [WAITING, { waitMs: 100 }],
      [{ ...WAITING, phaseLimitMs: 1 }, { waitMs: 100 }],
      [IN_SETUP, { phaseMs: 100 }],
    ] as const) {
      const clocks = { ...FRESH };
      advance(clocks, activity, 100);
      assert.deepEqual(clocks, { ...FRESH, silentMs: 100, ...counted });
    }
  });

  for (const [what, activity, clocks, limitMs, overdue] of [
    ['silence', SERVING, 'silentMs', 5_000, 'suspect'],
    ['long silence', SERVING, 'silentMs', 15_000, 'hang'],
    ['a boot', BOOTING, 'bootMs', 30_000, 'boot-deadline'],
    ['a phase', IN_SETUP, 'phaseMs', 600_000, 'boot-deadline'],
    ['waiting', WAITING, 'waitMs', 60_000, 'dependency-deadline'],
  ] as const) {
    test(`say that ${what} took too long at its limit, and not before`, () => {
      const before = findOverdue({ ...FRESH, [clocks]: limitMs - 1 }, activity, LIMITS);
      assert.equal(before, overdue === 'hang' ? 'suspect' : undefined);
      assert.equal(findOverdue({ ...FRESH, [clocks]: limitMs }, activity, LIMITS), overdue);
    });
  }

  test('are limited by what it is at, and by nothing else', () => {
    const late = { silentMs: 0, bootMs: 1e9, phaseMs: 1e9, waitMs: 1e9 };
    assert.equal(findOverdue(late, SERVING, LIMITS), undefined);
    const forEver = { ...LIMITS, waitMs: undefined };
    assert.equal(findOverdue(late, WAITING, forEver), undefined);
    assert.equal(findOverdue({ ...late, phaseMs: 0 }, IN_SETUP, LIMITS), undefined);
  });
});

suite('the watchdog', () => {
  test('tells of the time that passed, a little late or not', (t) => {
    const { ticks, pauses, tickLateBy } = openWatchdog(t);
    for (const lateMs of [0, 0, 100, 250]) tickLateBy(lateMs);
    assert.deepEqual(ticks, [250, 250, 350, 500]);
    assert.deepEqual(pauses, []);
  });

  test('does not hold it against workers that it was stopped itself', (t) => {
    const { ticks, pauses, tickLateBy } = openWatchdog(t);
    tickLateBy(60_000);
    tickLateBy(0);
    assert.deepEqual(ticks, [500, 250]);
    assert.deepEqual(pauses, [60_000]);
  });

  test('tells of a pause from a second on', (t) => {
    const { ticks, pauses, tickLateBy } = openWatchdog(t);
    tickLateBy(1_000);
    assert.deepEqual(pauses, []);
    tickLateBy(1_001);
    assert.deepEqual(pauses, [1_001]);
    assert.deepEqual(ticks, [500, 500]);
  });

  test('never takes a worker for hung in a pause, however often it is paused', (t) => {
    const { ticks, tickLateBy } = openWatchdog(t);
    const clocks = { ...FRESH };
    for (let pause = 0; pause < 7; pause++) {
      tickLateBy(5_000);
      advance(clocks, SERVING, ticks.at(-1) ?? 0);
      assert.equal(findOverdue(clocks, SERVING, LIMITS), undefined);
      // What it said meanwhile is read after the tick.
      clocks.silentMs = 0;
    }
  });

  test('is still once it is disposed of', (t) => {
    const { watchdog, ticks, tickLateBy } = openWatchdog(t);
    watchdog[Symbol.dispose]();
    tickLateBy(0);
    assert.deepEqual(ticks, []);
  });
});
