import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { Failure, type FailureCode } from '../../../src/shared/errors.ts';
import { silent } from '../../../src/shared/logger.ts';
import { untilReachable } from '../../../src/worker/store/reach.ts';
import { recordLog } from '../recorded-log.ts';

const options = {
  name: 'postgres',
  address: 'db.example:5432/holdfast',
  variable: 'DATABASE_URL',
  deadlineMs: 60_000,
  log: silent,
};

const errorOf = (code: string): Error =>
  Object.assign(new Error('password=hunter2 is wrong'), { code });

function isFailure(code: FailureCode, texts: readonly string[]) {
  return (thrown: unknown): boolean => {
    assert.ok(thrown instanceof Failure, String(thrown));
    assert.equal(thrown.code, code);
    for (const text of texts) assert.ok(thrown.message.includes(text), thrown.message);
    assert.doesNotMatch(thrown.message, /hunter2/);
    assert.ok(thrown.cause instanceof Error);
    return true;
  };
}

const never = (): Promise<never> => new Promise(() => undefined);

suite('reaching a dependency', () => {
  test('resolves with what the probe does', async () => {
    assert.equal(await untilReachable(async () => 7, options), 7);
  });

  const refusals: readonly (readonly [string, Error])[] = [
    ...['28P01', '28000', '3D000', '42501'].map((code) => [code, errorOf(code)] as const),
    ...['WRONGPASS', 'NOAUTH', 'NOPERM'].map(
      (word) => [word, new Error(`${word} password=hunter2 is wrong`)] as const,
    ),
  ];
  for (const [reason, error] of refusals) {
    test(`is given up at once when it refuses us with ${reason}, and the variable is named`, async () => {
      let asked = 0;
      const probe = (): Promise<never> => {
        asked += 1;
        return Promise.reject(error);
      };
      const expected = isFailure('invalid', [reason, 'DATABASE_URL', options.address]);
      await assert.rejects(untilReachable(probe, options), expected);
      assert.equal(asked, 1);
    });
  }

  test('is tried again while it is away, and the log says what for and how long', async () => {
    const { log, lines } = recordLog();
    let asked = 0;
    const probe = async (): Promise<string> => {
      asked += 1;
      if (asked === 1) throw errorOf('ECONNREFUSED');
      return 'there';
    };
    assert.equal(await untilReachable(probe, { ...options, log }), 'there');
    const [line, ...others] = lines;
    assert.deepEqual(others, []);
    assert.equal(line?.level, 'warn');
    assert.equal(line.message, 'waiting for a dependency');
    assert.partialDeepStrictEqual(line.fields, {
      name: 'postgres',
      address: 'db.example:5432/holdfast',
      cause: 'ECONNREFUSED',
      attempt: 1,
    });
    assert.ok(line.fields !== undefined && 'givingUpInMs' in line.fields);
    const { givingUpInMs } = line.fields;
    assert.ok(typeof givingUpInMs === 'number' && givingUpInMs > 0 && givingUpInMs <= 60_000);
  });

  test('is given up when a refusal comes after a while', async () => {
    const errors = [errorOf('57P03'), errorOf('28P01')];
    const probe = (): Promise<never> => Promise.reject(errors.shift() ?? errorOf('none left'));
    const expected = isFailure('invalid', ['28P01', 'DATABASE_URL']);
    await assert.rejects(untilReachable(probe, options), expected);
  });

  test('is given up at the deadline', async () => {
    const before = performance.now();
    const expected = isFailure('unavailable', ['ECONNREFUSED', '100 ms', 'DATABASE_URL']);
    const reached = untilReachable(() => Promise.reject(errorOf('ECONNREFUSED')), {
      ...options,
      deadlineMs: 100,
    });
    await assert.rejects(reached, expected);
    assert.ok(performance.now() - before < 1_000);
  });

  test('is given up at the deadline although the probe never answers', async () => {
    const reached = untilReachable(never, { ...options, deadlineMs: 50 });
    const patience = Promise.withResolvers<string>();
    const timer = setTimeout(patience.resolve, 1_000, 'still waiting');
    const outcome = await Promise.race([
      reached.catch((thrown: unknown) => thrown),
      patience.promise,
    ]);
    clearTimeout(timer);
    assert.ok(isFailure('unavailable', ['DATABASE_URL'])(outcome));
  });
});
