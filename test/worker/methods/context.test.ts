import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { LOG_LEVELS } from '../../../src/worker/domain/log-level.ts';
import { openContext } from './open-context.ts';

suite('what is said to the agent', () => {
  for (const revision of ['2024-11-05', '2026-07-28'] as const) {
    for (const [at, logLevel] of LOG_LEVELS.entries()) {
      test(`in ${revision} is of the level ${logLevel} that was asked for, or higher`, async () => {
        const { message, said } = openContext({ revision, logLevel });
        await Promise.all(LOG_LEVELS.map((level) => message(level, 'x')));
        assert.deepEqual(
          said.map(({ level }) => level),
          LOG_LEVELS.slice(at),
        );
      });
    }
  }

  test('is of the level info or higher where a legacy agent has not chosen', async () => {
    const { message, said } = openContext({});
    await Promise.all([message('debug', 1), message('info', 2), message('error', 3)]);
    assert.deepEqual(
      said.map(({ data }) => data),
      [2, 3],
    );
  });

  test('is nothing where a modern request did not ask for it', async () => {
    const { message, said } = openContext({ revision: '2026-07-28' });
    await message('emergency', 'x');
    assert.deepEqual(said, []);
  });

  for (const data of ['text', 0, null, false, [1], { a: 1 }]) {
    test(`may be ${JSON.stringify(data)}`, async () => {
      const { message, said } = openContext({});
      await message('error', data, 'paint');
      assert.deepEqual(said, [{ level: 'error', logger: 'paint', data }]);
    });
  }

  test('is null where a tool says nothing at all', async () => {
    const { message, said } = openContext({});
    await message('error', undefined);
    assert.deepEqual(said, [{ level: 'error', data: null }]);
  });
});

suite('progress', () => {
  const meta = { progressToken: 't' };

  for (const [revision, isTold] of [
    ['2024-11-05', false],
    ['2025-03-26', true],
    ['2026-07-28', true],
  ] as const) {
    test(`in ${revision} is told ${isTold ? 'with' : 'without'} its message`, async () => {
      const { progress, said } = openContext({ revision, meta });
      await progress(1, 2, 'half');
      const message = isTold ? { message: 'half' } : {};
      assert.deepEqual(said, [{ progressToken: 't', progress: 1, total: 2, ...message }]);
    });
  }

  for (const [steps, told] of [
    [
      [0, 1, 1, 0.5, 2],
      [0, 1, 2],
    ],
    [
      [-2, -1, 0],
      [-2, -1, 0],
    ],
    [
      [5, Number.NaN, 4, 6],
      [5, 6],
    ],
    [[Number.POSITIVE_INFINITY, 1], [1]],
    [[Number.NEGATIVE_INFINITY, 1], [1]],
  ] as const) {
    test(`of ${steps.join(', ')} is told as ${told.join(', ')}`, async () => {
      const { progress, said } = openContext({ meta });
      await Promise.all(steps.map((step) => progress(step)));
      assert.deepEqual(
        said.map((params) => params.progress),
        told,
      );
    });
  }

  test('is told without a total that has no end', async () => {
    const { progress, said } = openContext({ meta });
    await progress(1, Number.POSITIVE_INFINITY);
    await progress(2, Number.NaN);
    assert.deepEqual(said, [
      { progressToken: 't', progress: 1 },
      { progressToken: 't', progress: 2 },
    ]);
  });

  for (const none of [undefined, null, {}, [], 't', { progressToken: null }]) {
    test(`is not told where _meta is ${JSON.stringify(none)}`, async () => {
      const { progress, said } = openContext({ meta: none });
      await progress(1);
      assert.deepEqual(said, []);
    });
  }
});

test('a change is announced as it is', async () => {
  const { announce, announced } = openContext({});
  await announce({ resource: 'a:b' });
  assert.deepEqual(announced, [{ resource: 'a:b' }]);
});
