import assert from 'node:assert/strict';
import { once } from 'node:events';
import { suite, test } from 'node:test';

import { Failure } from '../../../src/shared/errors.ts';
import { type Deadline, inTime } from '../../../src/worker/domain/in-time.ts';

const caller = () => new AbortController();

function isFailure(code: string, text: RegExp) {
  return (thrown: unknown): boolean => {
    assert.ok(thrown instanceof Failure, String(thrown));
    assert.equal(thrown.code, code);
    assert.match(thrown.message, text);
    return true;
  };
}

suite('work that has to be over in time', () => {
  test('settles as it does, if it is', async () => {
    const { signal } = caller();
    assert.equal(await inTime('It', 1_000, signal, async () => 7), 7);
    const error = new Error('broken');
    await assert.rejects(
      inTime('It', 1_000, signal, () => Promise.reject(error)),
      error,
    );
  });

  test('may fail before it has begun to wait', async () => {
    const error = new Error('broken');
    const running = inTime('It', 1_000, caller().signal, () => {
      throw error;
    });
    await assert.rejects(running, error);
  });

  test('has its signal aborted when it is not, and is given up', async () => {
    let given: AbortSignal | undefined;
    const work = ({ signal }: Deadline): Promise<never> => {
      given = signal;
      return new Promise(() => undefined);
    };
    const { signal } = caller();
    await assert.rejects(inTime('It', 10, signal, work), isFailure('timeout', /^It took over 10/));
    assert.equal(given?.aborted, true);
  });

  test('counts as too late whatever it failed with then', async () => {
    const running = inTime('It', 10, caller().signal, async ({ signal }) => {
      await once(signal, 'abort');
      throw new Error('aborted');
    });
    await assert.rejects(running, isFailure('timeout', /./));
  });

  test('is not late for what it waits for', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const answer = Promise.withResolvers<number>();
    const rest = Promise.withResolvers<never>();
    const asked = Promise.withResolvers<void>();
    const running = inTime('It', 1_000, caller().signal, async ({ waitFor }) => {
      const answered = waitFor(answer.promise);
      asked.resolve();
      assert.equal(await answered, 7);
      return rest.promise;
    });
    await asked.promise;
    t.mock.timers.tick(600_000);
    answer.resolve(7);
    await new Promise((resolve) => setImmediate(resolve));
    t.mock.timers.tick(1_000);
    await assert.rejects(running, isFailure('timeout', /./));
  });

  test('counts as cancelled when its caller does not want it any more', async () => {
    const controller = caller();
    const running = inTime('It', 1_000, controller.signal, () => new Promise(() => undefined));
    controller.abort(new Error('gone'));
    await assert.rejects(running, isFailure('cancelled', /^Cancelled$/));
  });

  test('is not begun for a caller that is gone', async () => {
    let begun = false;
    const work = async (): Promise<void> => {
      begun = true;
    };
    const running = inTime('It', 1_000, AbortSignal.abort(), work);
    await assert.rejects(running, isFailure('cancelled', /./));
    assert.equal(begun, false);
  });
});
