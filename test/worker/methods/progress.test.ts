import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { Progress } from '../../../src/worker/methods/progress.ts';
import type { Params } from '../../../src/worker/protocol/frame.ts';
import { openContext } from './open-context.ts';

function told(said: readonly Params[]): unknown[] {
  return said.map(({ progress }) => progress);
}

async function floodWith(say: (n: number) => Promise<void>, count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, (_, n) => say(n + 1)));
}

suite('a flood', () => {
  const meta = { progressToken: 't' };

  test('of progress is told ten times a second, with the latest', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { progress, said, dropped } = openContext({ meta });
    await floodWith((n) => progress(n), 1_000);
    assert.deepEqual(told(said), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    t.mock.timers.tick(1_000);
    assert.deepEqual(told(said).slice(10), [1_000]);
    assert.equal(dropped.length, 989);
    assert.ok(dropped.every((method) => method === 'notifications/progress'));
    // What was told late is of the next second.
    await floodWith((n) => progress(1_000 + n), 100);
    assert.equal(said.length, 20);
  });

  test('of progress is told to its last before the call is over, and nothing after', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { progress, said, end } = openContext({ meta });
    await floodWith((n) => progress(n, 500, `step ${n}`), 500);
    await end();
    assert.deepEqual(said.at(-1), {
      progressToken: 't',
      progress: 500,
      total: 500,
      message: 'step 500',
    });
    await progress(501);
    t.mock.timers.tick(60_000);
    assert.equal(said.length, 11);
  });

  test('of progress leaves nothing behind, though its last cannot be told', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const gone = new Error('The connection is gone');
    let count = 0;
    let isGone = false;
    const progress = new Progress({
      token: 't',
      notify: async () => {
        count += 1;
        if (isGone) throw gone;
      },
      hasMessages: true,
      onDropped: () => undefined,
    });
    await floodWith((n) => progress.report(n), 12);
    isGone = true;
    await assert.rejects(progress.end(), gone);
    t.mock.timers.tick(20_000);
    t.mock.timers.tick(20_000);
    assert.equal(count, 11);
  });

  test('of progress lets others have their turn', async () => {
    const { progress } = openContext({ meta });
    let isOthersTurn = false;
    setImmediate(() => {
      isOthersTurn = true;
    });
    // Each waits for the one before, as a tool would.
    for (let n = 0; n < 200; n += 1) {
      // oxlint-disable-next-line no-await-in-loop -- see above
      await progress(n);
    }
    assert.ok(isOthersTurn);
  });

  test('of messages is cut off at a hundred a second', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { message, said, dropped } = openContext({});
    await floodWith((n) => message('error', n), 150);
    assert.equal(said.length, 100);
    assert.deepEqual(new Set(dropped), new Set(['notifications/message']));
    assert.equal(dropped.length, 50);
    t.mock.timers.tick(1_000);
    await message('error', 'again');
    assert.equal(said.at(-1)?.data, 'again');
  });

  test('may be one message that is too long', async () => {
    const { message, progress, said, dropped } = openContext({ meta });
    await message('error', 'x'.repeat(2_097_152));
    assert.deepEqual([said.length, dropped.length], [0, 1]);
    await progress(1, 2, 'x'.repeat(5_000));
    assert.equal(said[0]?.message, 'x'.repeat(1_000));
  });

  test('may come with a message that is no text, and is told without it', async () => {
    const { progress, said } = openContext({ meta });
    const message: unknown = { step: 1 };
    await progress(1, 2, message as string); // as in a tool that is not written in TypeScript
    assert.deepEqual(said, [{ progressToken: 't', progress: 1, total: 2 }]);
  });
});

suite('a tool that says nothing', () => {
  const meta = { progressToken: 't' };

  for (const [revision, message] of [
    ['2024-11-05', {}],
    ['2026-07-28', { message: 'Still running' }],
  ] as const) {
    test(`is told of every 20 s in ${revision}, until its call is over`, async (t) => {
      t.mock.timers.enable({ apis: ['setTimeout'] });
      const { said, end } = openContext({ revision, meta });
      t.mock.timers.tick(19_999);
      assert.equal(said.length, 0);
      t.mock.timers.tick(1);
      assert.deepEqual(said, [{ progressToken: 't', progress: 0, ...message }]);
      t.mock.timers.tick(20_000);
      assert.equal(said.length, 2);
      assert.ok(Number(said[1]?.progress) > 0);
      await end();
      t.mock.timers.tick(100_000);
      assert.equal(said.length, 2);
    });
  }

  test('is not told of while it says something', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { progress, said } = openContext({ meta });
    for (const step of [1, 2, 3]) {
      t.mock.timers.tick(19_000);
      // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
      await progress(step);
    }
    assert.equal(said.length, 3);
  });

  test('is not told of to one who gave no token', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { said } = openContext({});
    t.mock.timers.tick(100_000);
    assert.equal(said.length, 0);
  });

  test('is told of with progress that rises and leaves room for what it says next', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { progress, said } = openContext({ meta });
    t.mock.timers.tick(20_000);
    // A heartbeat was told as 0 already.
    await progress(0, 3);
    await progress(1, 3);
    t.mock.timers.tick(20_000);
    t.mock.timers.tick(20_000);
    await progress(2, 3);
    await progress(3, 3);
    t.mock.timers.tick(20_000);
    const values = said.map((params) => Number(params.progress));
    assert.equal(values.length, 8);
    for (const [at, value] of values.slice(1).entries()) assert.ok(value > Number(values[at]));
    assert.deepEqual([values[2], values[5], values[6]], [1, 2, 3]);
    assert.ok(said.every(({ progress: at, total = 4 }) => Number(at) <= Number(total)));
  });

  test('is told of for hours, though nearly all is done', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { progress, said } = openContext({ meta });
    await progress(1 - 2 ** -50, 1);
    for (let n = 0; n < 500; n += 1) t.mock.timers.tick(20_000);
    const values = said.map((params) => Number(params.progress));
    assert.equal(values.length, 501);
    for (const [at, value] of values.slice(1).entries()) assert.ok(value > Number(values[at]));
  });
});
