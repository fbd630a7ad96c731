import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { Failure } from '../../../src/shared/errors.ts';
import { Standings } from '../../../src/worker/auth/standings.ts';

suite('what callers showed', () => {
  test('is let in up to a bound, and what is known already goes on to be, and can be ended', () => {
    using standings = new Standings(() => 0, 2);
    const first = standings.signalOf('a', 1);
    standings.signalOf('b', undefined);
    assert.throws(
      () => standings.signalOf('c', 1),
      (thrown) => thrown instanceof Failure && thrown.code === 'limited',
    );
    assert.equal(standings.signalOf('a', 2), first);
    standings.end('a', 'It was revoked');
    assert.ok(first.aborted);
    assert.ok(!standings.signalOf('c', 1).aborted);
  });

  test('makes room for others when it expires', async (t) => {
    let now = 0;
    using standings = new Standings(() => now, 1);
    const first = standings.signalOf('a', 1);
    now = 1;
    await t.waitFor(() => assert.ok(first.aborted), { timeout: 5_000 });
    assert.ok(!standings.signalOf('b', 2).aborted);
  });
});
