import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import Pool from 'pg-pool';

import { silent } from '../../../src/shared/logger.ts';
import type { Session } from '../../../src/worker/domain/session.ts';
import { EndedSessions } from '../../../src/worker/store/ended-sessions.ts';
import { LiveSessions } from '../../../src/worker/store/live-sessions.ts';
import { SessionCache } from '../../../src/worker/store/session-cache.ts';
import { StoredSessions } from '../../../src/worker/store/sessions.ts';
import { connect } from './connected.ts';
import { isFailure } from './failures.ts';
import { makeSession, openService } from './session-service.ts';

suite('a session', () => {
  test('is found by every worker as it was made, with or without its copy', async () => {
    await using service = await openService();
    const [here, there] = [await service.work(), await service.work()];
    for (const session of [
      makeSession(),
      makeSession({ logLevel: 'debug', subscriptions: ['a:b', 'c:d "{},\\'] }),
    ]) {
      // One after the other will do.
      // oxlint-disable no-await-in-loop -- see above
      await here.sessions.create(session);
      assert.deepEqual(await here.cache.find(session.id), { changes: 0, session });
      assert.deepEqual(await there.sessions.find(session.id, 'ann'), session);
      await here.redis.del(service.keyOf(session.id));
      assert.deepEqual(await there.sessions.find(session.id, 'ann'), session);
      assert.deepEqual(await here.cache.find(session.id), { changes: 0, session });
      // oxlint-enable no-await-in-loop -- as above
    }
  });

  test('that never was is not there', async () => {
    await using service = await openService();
    const { sessions } = await service.work();
    const { id } = makeSession();
    assert.equal(await sessions.find(id, 'ann'), undefined);
    assert.equal(await sessions.setLogLevel(id, 'info'), false);
    assert.equal(await sessions.subscribe(id, 'a:b'), false);
    assert.equal(await sessions.unsubscribe(id, 'a:b'), false);
    assert.equal(await sessions.end(id), false);
  });

  for (const id of [
    '',
    'short',
    'x'.repeat(129),
    'with a space in it',
    'ünglaublich-viele',
    '\0'.repeat(16),
  ]) {
    test(`is not asked for by ${JSON.stringify(id.slice(0, 20))}`, async () => {
      using connected = await connect();
      const pool = new Pool();
      await pool.end();
      const { redis, prefix } = connected;
      const shared = { pool, ttlMs: 1_000_000, log: silent };
      using live = new LiveSessions(shared);
      const cache = new SessionCache({ redis, prefix, ttlMs: live.everyMs });
      using ended = new EndedSessions({ ...shared, cache, now: () => 0 });
      const sessions = new StoredSessions({ ...shared, cache, live, ended, ofOneMax: 1 });
      redis.disconnect();
      assert.equal(await sessions.find(id, 'ann'), undefined);
      assert.equal(await sessions.setLogLevel(id, 'info'), false);
      assert.equal(await sessions.subscribe(id, 'a:b'), false);
      assert.equal(await sessions.end(id), false);
      await assert.rejects(sessions.create(makeSession({ id })), /visible characters/);
    });
  }

  test('that was changed is found changed by every worker', async () => {
    await using service = await openService();
    const [here, there] = [await service.work(), await service.work()];
    const session = makeSession();
    const { id } = session;
    await here.sessions.create(session);
    const isNow = async (changed: Partial<Session>): Promise<void> => {
      for (const { sessions } of [here, there]) {
        // oxlint-disable-next-line no-await-in-loop -- two of them
        assert.deepEqual(await sessions.find(id, 'ann'), { ...session, ...changed });
      }
    };
    await isNow({});
    assert.equal(await there.sessions.setLogLevel(id, 'warning'), true);
    await isNow({ logLevel: 'warning' });
    assert.equal(await here.sessions.subscribe(id, 'test://a'), true);
    assert.equal(await there.sessions.subscribe(id, 'test://b'), true);
    assert.equal(await there.sessions.subscribe(id, 'test://a'), true);
    await isNow({ logLevel: 'warning', subscriptions: ['test://a', 'test://b'] });
    assert.equal(await here.sessions.unsubscribe(id, 'test://a'), true);
    assert.equal(await here.sessions.unsubscribe(id, 'test://nothing'), true);
    await isNow({ logLevel: 'warning', subscriptions: ['test://b'] });
  });

  test('that was ended is found ended by every worker, and is not changed any more', async () => {
    await using service = await openService();
    const [here, there] = [await service.work(), await service.work()];
    const session = makeSession();
    const { id } = session;
    await here.sessions.create(session);
    assert.deepEqual(await there.sessions.find(id, 'ann'), session);
    assert.equal(await here.sessions.end(id), true);
    assert.equal(await there.sessions.find(id, 'ann'), 'ended');
    await here.redis.del(service.keyOf(id));
    assert.equal(await there.sessions.find(id, 'ann'), 'ended');
    assert.equal(await there.sessions.end(id), false);
    assert.equal(await there.sessions.setLogLevel(id, 'info'), false);
    assert.equal(await there.sessions.subscribe(id, 'a:b'), false);
    assert.equal(await there.sessions.find(id, 'ann'), 'ended');
  });

  test('that many workers change at once keeps every change', async () => {
    await using service = await openService();
    const workers = [await service.work(), await service.work()];
    const session = makeSession();
    await workers[0]?.sessions.create(session);
    const uris = Array.from({ length: 40 }, (_, index) => `test://${index}`);
    await Promise.all(
      uris.map(async (uri, index) => workers[index % 2]?.sessions.subscribe(session.id, uri)),
    );
    for (const { sessions } of workers) {
      // oxlint-disable-next-line no-await-in-loop -- two of them
      const found = await sessions.find(session.id, 'ann');
      assert.ok(typeof found === 'object');
      assert.deepEqual(found.subscriptions.toSorted(), uris.toSorted());
    }
  });

  test('subscribes to a thousand resources and no more', async () => {
    await using service = await openService();
    const { sessions } = await service.work();
    const uris = Array.from({ length: 999 }, (_, index) => `test://${index}`);
    const session = makeSession({ subscriptions: uris });
    await sessions.create(session);
    assert.equal(await sessions.subscribe(session.id, 'test://last'), true);
    await assert.rejects(sessions.subscribe(session.id, 'test://more'), isFailure('limited'));
    assert.equal(await sessions.subscribe(session.id, 'test://last'), true);
    assert.equal(await sessions.unsubscribe(session.id, 'test://0'), true);
    assert.equal(await sessions.subscribe(session.id, 'test://more'), true);
  });

  for (const [what, uri] of [
    ['too long', `test://${'x'.repeat(2_000)}`],
    ['with a NUL', 'test://\0'],
    ['with half a character', 'test://\ud83d'],
  ] as const) {
    test(`takes no URI ${what}`, async () => {
      await using service = await openService();
      const { sessions } = await service.work();
      const session = makeSession();
      await sessions.create(session);
      await assert.rejects(sessions.subscribe(session.id, uri), isFailure('invalid'));
      await assert.rejects(sessions.unsubscribe(session.id, uri), isFailure('invalid'));
      assert.deepEqual(await sessions.find(session.id, 'ann'), session);
    });
  }

  for (const [what, given] of [
    ['capabilities that are too long', { capabilities: { x: 'x'.repeat(65_536) } }],
    ['a name that is too long', { client: { name: 'x'.repeat(65_536), version: '' } }],
    ['a NUL in its name', { client: { name: '\0', version: '' } }],
    ['a NUL in its capabilities', { capabilities: { '\0': {} } }],
    ['half a character in its capabilities', { capabilities: { x: ['\udc00'] } }],
  ] as const) {
    test(`of an agent with ${what} is not made`, async () => {
      await using service = await openService();
      const { sessions } = await service.work();
      const session = makeSession(given);
      await assert.rejects(sessions.create(session), isFailure('invalid'));
      assert.equal(await sessions.find(session.id, 'ann'), undefined);
    });
  }

  test('is noted to be seen at most once a minute', async () => {
    await using service = await openService();
    const { sessions, redis } = await service.work();
    const { id } = makeSession();
    await sessions.create(makeSession({ id }));
    const notesAfter = async (seconds: number): Promise<boolean> => {
      await redis.del(service.keyOf(id));
      await service.admin.query(
        "update holdfast.sessions set last_seen_at = now() - $1 * interval '1 second'",
        [seconds],
      );
      await sessions.find(id, 'ann');
      const { rows } = await service.admin.query<{ noted: boolean }>(
        "select last_seen_at > now() - interval '10 seconds' as noted from holdfast.sessions",
      );
      return rows[0]?.noted ?? false;
    };
    assert.equal(await notesAfter(50), false);
    assert.equal(await notesAfter(70), true);
    await sessions.end(id);
    assert.equal(await notesAfter(70), false);
  });
});
