import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { Pace } from '../../src/shared/pace.ts';

/** How many steps of one cost there are in ten seconds, if nobody else takes any. */
function countSteps(pace: Pace, cost: number): number {
  let now = performance.now();
  let steps = 0;
  const end = now + 10_000;
  while (now < end) {
    steps += 1;
    now += pace.step(cost, now);
  }
  return steps;
}

suite('a pace', () => {
  test('lets a burst through, and then as many a second as it was told', () => {
    const steps = countSteps(new Pace(1_000), 1);
    assert.ok(steps > 9_900 && steps < 10_300, `${steps} steps in 10 s`);
  });

  test('counts what a step costs, though that be more than may come at once', () => {
    const steps = countSteps(new Pace(1_000_000), 4_000_000);
    assert.ok(steps >= 2 && steps <= 3, `${steps} steps in 10 s`);
  });

  test('does not hold up what comes slowly', () => {
    const pace = new Pace(10);
    const start = performance.now();
    for (let step = 1; step < 100; step++) assert.equal(pace.step(1, start + step * 101), 0);
  });
});
