import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { silent } from '../../../src/shared/logger.ts';
import { RedisLeases } from '../../../src/worker/store/leases.ts';
import { StoppableRedis } from '../../support/stoppable-redis.ts';
import { recordLog } from '../recorded-log.ts';
import { type ConnectOptions, connect, untilNext } from './connected.ts';

/** A worker among others. */
async function open(options: ConnectOptions = {}, log = silent) {
  const connected = await connect(options);
  return { ...connected, leases: await RedisLeases.open({ ...connected, log }) };
}

const KEEP = { takeAway: false, lost: () => assert.fail('It was lost') };

suite('a lease', () => {
  test('is of one worker at a time', async () => {
    await using opened = new AsyncDisposableStack();
    const here = opened.use(await open());
    const there = opened.use(await open({ prefix: here.prefix }));
    const lease = await here.leases.take('a', KEEP);
    assert.ok(lease !== undefined);
    assert.equal(await there.leases.take('a', KEEP), undefined);
    assert.ok((await there.leases.take('b', KEEP)) !== undefined);
    await lease[Symbol.asyncDispose]();
    assert.ok((await there.leases.take('a', KEEP)) !== undefined);
  });

  test('that is taken away is noticed, and its end takes nothing from who has it now', async (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] });
    await using opened = new AsyncDisposableStack();
    const here = opened.use(await open());
    const there = opened.use(await open({ prefix: here.prefix }));
    const lost = Promise.withResolvers<void>();
    const lease = await here.leases.take('a', { takeAway: false, lost: lost.resolve });
    assert.ok((await there.leases.take('a', { ...KEEP, takeAway: true })) !== undefined);
    t.mock.timers.tick(5_000);
    await lost.promise;
    await lease?.[Symbol.asyncDispose]();
    assert.equal(await here.leases.take('a', KEEP), undefined);
  });

  test('that is taken away is lost at once, and once', async (t) => {
    await using opened = new AsyncDisposableStack();
    const here = opened.use(await open());
    const there = opened.use(await open({ prefix: here.prefix }));
    let lost = 0;
    const lease = await here.leases.take('a', { takeAway: true, lost: () => (lost += 1) });
    const begun = performance.now();
    const takes = [here, there, here].map(({ leases }) => {
      return leases.take('b', { takeAway: true, lost: () => (lost += 10) });
    });
    await Promise.all(takes);
    await t.waitFor(() => assert.equal(lost, 20), { timeout: 4_000 });
    assert.ok((await there.leases.take('a', { ...KEEP, takeAway: true })) !== undefined);
    await t.waitFor(() => assert.equal(lost, 21), { timeout: 4_000 });
    assert.ok(performance.now() - begun < 4_000);
    await lease?.[Symbol.asyncDispose]();
    assert.equal(await here.leases.take('a', KEEP), undefined);
  });

  test('is kept for as long as its worker lives, and no longer than 15 s after', async (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] });
    using here = await open();
    await here.leases.take('a', KEEP);
    const key = `${here.prefix}lease:a`;
    await here.redis.pexpire(key, 10_000);
    t.mock.timers.tick(5_000);
    t.mock.timers.reset();
    await t.waitFor(async () => {
      const left = await here.redis.pttl(key);
      assert.ok(left > 10_000 && left <= 15_000, `${left} ms`);
    });
  });

  test('is given up without an error of anybody, though something else is kept under its name', async () => {
    const { log, lines } = recordLog();
    using here = await open({}, log);
    const lease = await here.leases.take('a', KEEP);
    await here.redis.del(`${here.prefix}lease:a`);
    await here.redis.lpush(`${here.prefix}lease:a`, 'x');
    await lease?.[Symbol.asyncDispose]();
    assert.ok(lines.some(({ message }) => message === 'lease was not given up'));
  });

  test('is had by everybody while Redis is away', async () => {
    await using server = await StoppableRedis.start();
    await using opened = new AsyncDisposableStack();
    const here = opened.use(await open({ url: server.url }));
    const closed = untilNext('close', here.redis);
    await server.stop();
    await closed;
    assert.ok((await here.leases.take('a', KEEP)) !== undefined);
    assert.ok((await here.leases.take('a', KEEP)) !== undefined);
  });
});
