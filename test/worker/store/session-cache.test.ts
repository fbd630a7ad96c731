import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { SessionCache } from '../../../src/worker/store/session-cache.ts';
import { connect } from './connected.ts';
import { makeSession, openService } from './session-service.ts';

suite('copies of sessions', () => {
  test('are kept for a minute', async () => {
    using connected = await connect();
    const { redis, prefix } = connected;
    const session = makeSession();
    await new SessionCache({ redis, prefix, ttlMs: 60_000 }).keep(session.id, {
      changes: 0,
      session,
    });
    const left = await redis.pttl(`${prefix}session:${session.id}`);
    assert.ok(left > 50_000 && left <= 60_000, `${left} ms`);
  });

  test('give way to newer ones alone, however they come', async () => {
    using connected = await connect();
    const cache = new SessionCache({ ...connected, ttlMs: 60_000 });
    const session = makeSession();
    const copies = [9, 10, 11, 100].map((changes) => ({
      changes,
      session: changes === 100 ? undefined : { ...session, principal: `after ${changes}` },
    }));
    for (const order of [
      [0, 1, 2, 3],
      [3, 2, 1, 0],
      [1, 3, 0, 2],
    ]) {
      const id = makeSession().id;
      let newest = -1;
      for (const index of order) {
        const copy = copies[index];
        assert.ok(copy !== undefined);
        newest = Math.max(newest, index);
        // In turn is the point.
        // oxlint-disable-next-line no-await-in-loop -- see above
        await cache.keep(id, copy);
        // oxlint-disable-next-line no-await-in-loop -- as above
        assert.deepEqual(await cache.find(id), copies[newest]);
      }
    }
  });

  for (const text of [
    '',
    'hello',
    '1',
    '1 ',
    '1 {',
    '1 {"id":5}',
    'x null',
    ' null',
    '1 []',
    '1 5',
  ]) {
    test(`are none if they say ${JSON.stringify(text)}, and are replaced`, async () => {
      await using service = await openService();
      const { sessions, redis, cache } = await service.work();
      const session = makeSession();
      await sessions.create(session);
      await sessions.setLogLevel(session.id, 'info');
      await sessions.setLogLevel(session.id, 'debug');
      await redis.set(service.keyOf(session.id), text);
      const now = { ...session, logLevel: 'debug' as const };
      assert.deepEqual(await sessions.find(session.id, 'ann'), now);
      assert.deepEqual(await cache.find(session.id), { changes: 2, session: now });
    });
  }
});
