import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { StoppableRedis } from '../../support/stoppable-redis.ts';
import { SHARED_REDIS, untilNext } from './connected.ts';
import { isFailure } from './failures.ts';
import { makeSession, openService } from './session-service.ts';
import { openWay } from './way.ts';

suite('sessions, while', () => {
  test('Redis is away, are made, found, changed and ended all the same', async () => {
    await using server = await StoppableRedis.start();
    await using service = await openService();
    const { sessions, redis } = await service.work({ redis: server.url });
    const before = makeSession();
    await sessions.create(before);
    const lost = untilNext('close', redis);
    await server.stop();
    await lost;
    assert.deepEqual(await sessions.find(before.id, 'ann'), before);
    const session = makeSession();
    const { id } = session;
    await sessions.create(session);
    assert.equal(await sessions.setLogLevel(id, 'error'), true);
    assert.equal(await sessions.subscribe(id, 'a:b'), true);
    assert.deepEqual(await sessions.find(id, 'ann'), {
      ...session,
      logLevel: 'error',
      subscriptions: ['a:b'],
    });
    assert.equal(await sessions.unsubscribe(id, 'a:b'), true);
    assert.equal(await sessions.end(id), true);
    assert.equal(await sessions.find(id, 'ann'), 'ended');
  });

  test('Redis is away from one worker, are found as they were by another until the copy is a minute old', async () => {
    await using service = await openService();
    const way = await openWay(SHARED_REDIS);
    const here = await service.work({ redis: way.url });
    const there = await service.work();
    const session = makeSession();
    await here.sessions.create(session);
    const lost = untilNext('close', here.redis);
    way.cut();
    await way[Symbol.asyncDispose]();
    await lost;
    assert.equal(await here.sessions.end(session.id), true);
    assert.equal(await here.sessions.find(session.id, 'ann'), 'ended');
    assert.deepEqual(await there.sessions.find(session.id, 'ann'), session);
    // A minute passes.
    await there.redis.pexpire(service.keyOf(session.id), 0);
    assert.equal(await there.sessions.find(session.id, 'ann'), 'ended');
  });

  test('Postgres is away, are found in Redis, and what needs Postgres is unavailable', async () => {
    await using service = await openService();
    const way = await openWay(service.url);
    const { sessions } = await service.work({ database: way.url });
    const [open, ended] = [makeSession(), makeSession()];
    await sessions.create(open);
    await sessions.create(ended);
    await sessions.end(ended.id);
    way.cut();
    await way[Symbol.asyncDispose]();
    assert.deepEqual(await sessions.find(open.id, 'ann'), open);
    assert.equal(await sessions.find(ended.id, 'ann'), 'ended');
    const isAway = isFailure('unavailable');
    await Promise.all([
      assert.rejects(sessions.find(makeSession().id, 'ann'), isAway),
      assert.rejects(sessions.create(makeSession()), isAway),
      assert.rejects(sessions.setLogLevel(open.id, 'info'), isAway),
      assert.rejects(sessions.subscribe(open.id, 'a:b'), isAway),
      assert.rejects(sessions.unsubscribe(open.id, 'a:b'), isAway),
      assert.rejects(sessions.end(open.id), isAway),
    ]);
    assert.deepEqual(await sessions.find(open.id, 'ann'), open);
  });

  test('Postgres is silent, are unavailable after five seconds', async () => {
    await using service = await openService();
    await using way = await openWay(service.url);
    const { sessions } = await service.work({ database: way.url });
    assert.equal(await sessions.find(makeSession().id, 'ann'), undefined);
    way.silence();
    const before = performance.now();
    await assert.rejects(sessions.find(makeSession().id, 'ann'), isFailure('unavailable'));
    assert.ok(performance.now() - before < 8_000);
    assert.equal(await sessions.find(makeSession().id, 'ann'), undefined);
  });
});
