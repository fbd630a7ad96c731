import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Pace } from '../../../src/worker/transport/pace.ts';

test('lets a burst through, and then as many a second as it was told', () => {
  const pace = new Pace(1_000);
  let now = performance.now();
  let steps = 0;
  const end = now + 10_000;
  while (now < end) {
    steps += 1;
    now += pace.step(now);
  }
  assert.ok(steps > 9_900 && steps < 10_300, `${steps} steps in 10 s`);
});

test('does not hold up what comes slowly', () => {
  const pace = new Pace(10);
  const start = performance.now();
  for (let step = 1; step < 100; step++) assert.equal(pace.step(start + step * 101), 0);
});
