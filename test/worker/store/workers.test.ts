import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { silent } from '../../../src/shared/logger.ts';
import { RedisWorkers } from '../../../src/worker/store/workers.ts';
import { StoppableRedis } from '../../support/stoppable-redis.ts';
import { type ConnectOptions, connect, untilNext } from './connected.ts';

/** A worker among others, with a clock that stands still. */
async function open(options: ConnectOptions = {}) {
  const opened = new AsyncDisposableStack();
  const { redis, prefix } = opened.use(await connect(options));
  const clock = { ms: 0 };
  const workers = opened.use(
    await RedisWorkers.open({ redis, prefix, now: () => clock.ms, log: silent }),
  );
  return { redis, prefix, clock, workers, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

suite('workers', () => {
  test('know of each other', async () => {
    await using here = await open();
    await using there = await open({ prefix: here.prefix });
    assert.notEqual(here.workers.self, there.workers.self);
    assert.equal(await here.workers.isAlive(there.workers.self), true);
    assert.equal(await there.workers.isAlive(here.workers.self), true);
    assert.equal(await here.workers.isAlive(here.workers.self), true);
  });

  test('of another service are not known of', async () => {
    await using here = await open();
    await using there = await open();
    here.clock.ms = 5_000;
    assert.equal(await here.workers.isAlive(there.workers.self), false);
  });

  test('are gone when they stop', async () => {
    await using here = await open();
    const there = await open({ prefix: here.prefix });
    await there[Symbol.asyncDispose]();
    here.clock.ms = 5_000;
    assert.equal(await here.workers.isAlive(there.workers.self), false);
  });

  test('that say nothing for ten seconds are gone', async (t) => {
    await using here = await open();
    await using there = await open({ prefix: here.prefix });
    const key = `${here.prefix}worker:${there.workers.self}`;
    const left = await here.redis.pttl(key);
    assert.ok(left > 9_000 && left <= 10_000, `${left} ms`);
    // Time passes.
    await here.redis.pexpire(key, 1);
    here.clock.ms = 5_000;
    await t.waitFor(async () => {
      assert.equal(await here.workers.isAlive(there.workers.self), false);
    });
  });

  test('say every three seconds that they live', async (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] });
    await using here = await open();
    await using there = await open({ prefix: here.prefix });
    await here.redis.del(`${here.prefix}worker:${there.workers.self}`);
    t.mock.timers.tick(3_000);
    t.mock.timers.reset();
    await t.waitFor(async () => {
      assert.equal(await here.workers.isAlive(there.workers.self), true);
    });
  });

  test('are not known to live or not while Redis is away, nor just after', async (t) => {
    await using server = await StoppableRedis.start();
    await using here = await open({ url: server.url });
    here.clock.ms = 100_000;
    const lost = untilNext('close', here.redis);
    await server.stop();
    await lost;
    assert.equal(await here.workers.isAlive('another'), undefined);
    const found = untilNext('ready', here.redis);
    await server.start();
    await found;
    assert.equal(await here.workers.isAlive('another'), undefined);
    here.clock.ms = 105_000;
    assert.equal(await here.workers.isAlive('another'), false);
    const key = `${here.prefix}worker:${here.workers.self}`;
    await t.waitFor(async () => assert.equal(await here.redis.exists(key), 1));
  });
});
