import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { unlessLate } from '../../src/shared/abort.ts';

const LONG_MS = 60_000;

suite('unless it is late', () => {
  test('work settles as it does, and no timer is left behind', async (t) => {
    const set = t.mock.method(globalThis, 'setTimeout').mock;
    const cleared = t.mock.method(globalThis, 'clearTimeout').mock;
    assert.equal(await unlessLate(Promise.resolve('done'), LONG_MS), 'done');
    await assert.rejects(unlessLate(Promise.reject(new Error('wrong')), LONG_MS), /wrong/);
    assert.deepEqual(
      cleared.calls.map(({ arguments: [timer] }) => timer),
      set.calls.map(({ result }) => result),
    );
    assert.equal(set.callCount(), 2);
  });

  test('it is not waited for, and what becomes of it is nobody’s concern', async () => {
    const { promise, reject } = Promise.withResolvers<never>();
    const [late] = await Promise.allSettled([unlessLate(promise, 5), sleep(10)]);
    assert.ok(late.status === 'rejected' && late.reason instanceof DOMException);
    assert.equal(late.reason.name, 'TimeoutError');
    reject(new Error('Nobody listens'));
    await sleep(1);
  });
});
