import assert from 'node:assert/strict';
import { suite, type TestContext, test } from 'node:test';

import { LoopWatch } from '../../../src/worker/tools/loop-watch.ts';

/** A watch, with a clock of its own. */
function openWatch(t: TestContext) {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const held: string[] = [];
  let now = 0;
  let alone: string | undefined;
  const watch = new LoopWatch({
    onHeld: (tool, ms) => held.push(`${tool} ${ms}`),
    alone: () => alone,
    now: () => now,
  });
  return {
    watch,
    held,
    /** Calls of that tool alone run, or of several. */
    run: (tool: string | undefined) => {
      alone = tool;
    },
    /** Time passes, and the loop turns all the while. */
    wait: (ms: number) => {
      for (let left = ms; left > 0; left -= 10) {
        now += 10;
        t.mock.timers.tick(10);
      }
    },
    /** Time passes, and the loop stands still. */
    compute: (ms: number) => {
      now += ms;
    },
  };
}

suite('whoever keeps the event loop', () => {
  test('is named, with how long', (t) => {
    const { watch, held, compute } = openWatch(t);
    const beganAt = watch.begin();
    compute(200);
    watch.end('computes', beganAt);
    assert.deepEqual(held, ['computes 200']);
  });

  test('is named if it waited before', (t) => {
    const { watch, held, wait, compute } = openWatch(t);
    const beganAt = watch.begin();
    wait(500);
    compute(200);
    watch.end('computes', beganAt);
    assert.deepEqual(held, ['computes 200']);
  });

  test('is not who only waited for it', (t) => {
    const { watch, held, compute } = openWatch(t);
    const first = watch.begin();
    const second = watch.begin();
    compute(200);
    watch.end('computes', first);
    watch.end('waits', second);
    assert.deepEqual(held, ['computes 200']);
  });

  test('is nobody while it turns', (t) => {
    const { watch, held, wait, compute } = openWatch(t);
    const beganAt = watch.begin();
    wait(5_000);
    compute(90);
    watch.end('waits', beganAt);
    wait(5_000);
    assert.deepEqual(held, []);
  });

  test('is found out again after nothing was called for long', (t) => {
    const { watch, held, wait, compute } = openWatch(t);
    watch.end('first', watch.begin());
    wait(5_000);
    compute(5_000);
    const beganAt = watch.begin();
    compute(300);
    watch.end('computes', beganAt);
    assert.deepEqual(held, ['computes 300']);
  });

  test('is named where it computes first and waits then, if no other runs', (t) => {
    const { watch, held, run, wait, compute } = openWatch(t);
    const beganAt = watch.begin();
    run('computes');
    compute(300);
    wait(5_000);
    watch.end('computes', beganAt);
    assert.equal(held.length, 1);
    assert.match(held.join(), /^computes 3\d\d$/);
  });

  test('is not named where several run and none of them ends', (t) => {
    const { watch, held, wait, compute } = openWatch(t);
    const first = watch.begin();
    const second = watch.begin();
    compute(300);
    wait(5_000);
    watch.end('computes', first);
    watch.end('waits', second);
    assert.deepEqual(held, []);
  });

  test('is not who begins after it, and ends before the loop turns', (t) => {
    const { watch, held, compute } = openWatch(t);
    watch.begin();
    compute(300);
    watch.end('innocent', watch.begin());
    assert.deepEqual(held, []);
  });
});
