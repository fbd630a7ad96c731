import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { Failure } from '../../../src/shared/errors.ts';
import { pauseMsMax, retrying } from '../../../src/worker/tools/retrying.ts';

interface Tried {
  readonly attempts: number;
  readonly retries: number;
  readonly outcome: unknown;
}

/** Tries what fails with these, one after the other, and then succeeds. No pause is made. */
async function attempt(failures: readonly Error[], retries: number): Promise<Tried> {
  let attempts = 0;
  let counted = 0;
  const outcome: unknown = await retrying(
    async () => {
      attempts += 1;
      const failure = failures[attempts - 1];
      if (failure !== undefined) throw failure;
      return 'done';
    },
    {
      retries,
      signal: new AbortController().signal,
      leftMs: () => 30_000,
      chance: () => 0,
      onRetry: () => {
        counted += 1;
      },
    },
  ).catch((thrown: unknown) => thrown);
  return { attempts, retries: counted, outcome };
}

const away = new Failure('unavailable', 'Away');

suite('what is tried again', () => {
  test('succeeds once what was away is back', async () => {
    assert.deepEqual(await attempt([away, away], 3), {
      attempts: 3,
      retries: 2,
      outcome: 'done',
    });
  });

  test('is tried so often and no more', async () => {
    assert.deepEqual(await attempt([away, away, away], 2), {
      attempts: 3,
      retries: 2,
      outcome: away,
    });
  });

  for (const thrown of [
    new Failure('limited', 'No'),
    new Failure('invalid', 'No'),
    new Error('bug'),
  ]) {
    test(`is not what failed otherwise: ${thrown.name} ${thrown.message}`, async () => {
      assert.deepEqual(await attempt([thrown], 3), { attempts: 1, retries: 0, outcome: thrown });
    });
  }

  test('is tried after pauses that may double, up to two seconds', () => {
    assert.deepEqual(
      [0, 1, 2, 3, 4, 5, 50].map(pauseMsMax),
      [100, 200, 400, 800, 1_600, 2_000, 2_000],
    );
  });

  test('is tried after what it asked for itself, and of the pause as much as chance says', async () => {
    const beganAt = performance.now();
    let attempts = 0;
    await retrying(
      async () => {
        attempts += 1;
        if (attempts === 1) throw new Failure('unavailable', 'Away', { retryAfterMs: 30 });
      },
      {
        retries: 1,
        signal: new AbortController().signal,
        leftMs: () => 30_000,
        chance: () => 0.5,
        onRetry: () => undefined,
      },
    );
    // Timers may be a little early.
    assert.ok(performance.now() - beganAt >= 30 + 50 - 2);
  });

  test('is given up in the middle of a pause', async () => {
    const caller = new AbortController();
    let attempts = 0;
    const running = retrying(
      async () => {
        attempts += 1;
        throw new Failure('unavailable', 'Away', { retryAfterMs: 5_000 });
      },
      {
        retries: 3,
        signal: caller.signal,
        leftMs: () => 30_000,
        chance: () => 0,
        onRetry: () => {
          setImmediate(() => {
            caller.abort();
          });
        },
      },
    );
    await assert.rejects(running, { code: 'unavailable' });
    assert.equal(attempts, 1);
  });

  for (const [what, retryAfterMs, leftMs] of [
    ['holds its place for longer than it may', 5_001, 30_000],
    ['takes as much time as is left', 4_000, 4_000],
  ] as const) {
    test(`is not what asks for a pause that ${what}: its caller hears of it`, async () => {
      const awayForLong = new Failure('unavailable', 'Away', { retryAfterMs });
      let attempts = 0;
      const running = retrying(
        async () => {
          attempts += 1;
          throw awayForLong;
        },
        {
          retries: 3,
          // A pause that is begun ends at once.
          signal: AbortSignal.timeout(1),
          leftMs: () => leftMs,
          chance: () => 0,
          onRetry: () => assert.fail('It is not tried again'),
        },
      );
      await assert.rejects(running, awayForLong);
      assert.equal(attempts, 1);
    });
  }
});
