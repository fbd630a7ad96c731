import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { Failure } from '../../../src/shared/errors.ts';
import type { Making } from '../../../src/worker/domain/result-cache.ts';
import { StoppableRedis } from '../../support/stoppable-redis.ts';
import { recordLog } from '../recorded-log.ts';
import { SHARED_REDIS, untilNext } from './connected.ts';
import { openFlights, outcomesOf, Work } from './flights.ts';
import { openWay } from './way.ts';

async function makeForOneself({ keepToOneself }: Making): Promise<string> {
  keepToOneself();
  return 'mine';
}

suite('a worker that makes something', () => {
  test('and was killed is not waited for when its lease has run out', async () => {
    await using opened = new AsyncDisposableStack();
    const here = opened.use(await openFlights());
    const dead = opened.use(await openFlights({ prefix: here.prefix }));
    assert.equal(typeof (await dead.kept.take('a', 0)), 'object');
    dead.redis.disconnect();
    await here.redis.pexpire(`${here.prefix}making:a`, 50);
    assert.deepEqual(await here.get({ make: async () => 'one' }), {
      value: 'one',
      outcome: 'miss',
    });
  });

  test('is waited for while it lives, for as long as it takes', async (t) => {
    await using opened = new AsyncDisposableStack();
    const here = opened.use(await openFlights());
    const there = opened.use(await openFlights({ prefix: here.prefix }));
    t.mock.timers.enable({ apis: ['setInterval'] });
    const work = new Work();
    const slow = here.get({ make: work.make });
    await work.begun();
    const lease = `${here.prefix}making:a`;
    await here.redis.pexpire(lease, 2_000);
    t.mock.timers.tick(1_500);
    t.mock.timers.reset();
    await t.waitFor(async () => assert.ok((await here.redis.pttl(lease)) > 4_000));
    const waits = there.get({});
    work.done.resolve('one');
    assert.deepEqual(await Promise.all([slow, waits]), [
      { value: 'one', outcome: 'miss' },
      { value: 'one', outcome: 'shared' },
    ]);
  });

  test('is waited for so long, and then it is made here too', async () => {
    await using opened = new AsyncDisposableStack();
    const here = opened.use(await openFlights());
    const there = opened.use(await openFlights({ prefix: here.prefix }));
    const work = new Work();
    const slow = here.get({ make: work.make });
    await work.begun();
    const waited = await there.get({ waitMs: 50, make: async () => 'two' });
    assert.deepEqual(waited, { value: 'two', outcome: 'miss' });
    work.done.resolve('one');
    assert.equal((await slow).value, 'one');
  });
});

suite('what gets old', () => {
  /** Fresh for a minute, and a minute more. */
  const lifetime = { ttlMs: 60_000, staleMs: 60_000 };

  test('is given at once, and made anew once, in whichever worker', async (t) => {
    await using opened = new AsyncDisposableStack();
    const here = opened.use(await openFlights());
    const there = opened.use(await openFlights({ prefix: here.prefix }));
    const key = `${here.prefix}kept:a`;
    await here.redis.set(key, 'old', 'PX', 59_000);
    const work = new Work();
    const wanted = { ...lifetime, make: work.make };
    const given = await Promise.all([here, there, here, there].map(({ get }) => get(wanted)));
    assert.deepEqual(new Set(given.map(({ value }) => value)), new Set(['old']));
    assert.deepEqual(new Set(outcomesOf(given)), new Set(['stale']));
    const { isRefresh, signal } = await work.begun();
    assert.equal(isRefresh, true);
    assert.equal(signal.aborted, false);
    assert.equal((await here.get(wanted)).value, 'old');
    work.done.resolve('new');
    await t.waitFor(async () =>
      assert.deepEqual(await there.get(wanted), { value: 'new', outcome: 'hit' }),
    );
    assert.equal(work.count, 1);
    assert.ok((await here.redis.pttl(key)) > 110_000);
  });

  test('is still given where no new one can be made, which is not tried again at once', async (t) => {
    const { log, lines } = recordLog();
    using here = await openFlights({}, log);
    await here.redis.set(`${here.prefix}kept:a`, 'old', 'PX', 59_000);
    let tries = 0;
    const make = () => {
      tries += 1;
      return Promise.reject(new Failure('unavailable', 'It is away'));
    };
    assert.equal((await here.get({ ...lifetime, make })).outcome, 'stale');
    await t.waitFor(() => assert.equal(lines[0]?.message, 'cached value was not refreshed'));
    await t.waitFor(async () =>
      assert.equal(await here.redis.get(`${here.prefix}making:a`), 'nothing'),
    );
    const marker = `${here.prefix}making:a`;
    assert.ok((await here.redis.pttl(marker)) <= 1_000);
    await here.redis.pexpire(marker, 60_000);
    assert.equal((await here.get({ ...lifetime, make })).outcome, 'stale');
    // Whatever was asked before is answered by then.
    await here.redis.ping();
    assert.equal(tries, 1);
    await here.redis.del(marker);
    assert.equal((await here.get({ ...lifetime, make })).outcome, 'stale');
    await t.waitFor(() => assert.equal(tries, 2));
  });

  test('stays where a new one is to be kept to oneself', async (t) => {
    using here = await openFlights();
    await here.redis.set(`${here.prefix}kept:a`, 'old', 'PX', 59_000);
    assert.equal((await here.get({ ...lifetime, make: makeForOneself })).outcome, 'stale');
    await t.waitFor(async () =>
      assert.equal(await here.redis.get(`${here.prefix}making:a`), 'nothing'),
    );
    assert.equal(await here.redis.get(`${here.prefix}kept:a`), 'old');
  });

  test('is not made anew any longer when the worker ends', async () => {
    const { log, lines } = recordLog();
    using here = await openFlights({}, log);
    await here.redis.set(`${here.prefix}kept:a`, 'old', 'PX', 59_000);
    const ended = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const make = async ({ signal }: Making) => {
      signal.addEventListener('abort', () => {
        ended.resolve();
      });
      begun.resolve();
      await ended.promise;
      throw new Error('The worker ends');
    };
    await here.get({ ...lifetime, make });
    await begun.promise;
    here.flights[Symbol.dispose]();
    await ended.promise;
    assert.deepEqual(lines, []);
  });
});

suite('while Redis is', () => {
  test('away, one of each worker makes it, and nothing is kept', async () => {
    await using server = await StoppableRedis.start();
    using here = await openFlights({ url: server.url });
    const closed = untilNext('close', here.redis);
    await server.stop();
    await closed;
    const work = new Work();
    const all = Array.from({ length: 10 }, () => here.get({ make: work.make }));
    await work.begun();
    work.done.resolve('one');
    assert.deepEqual(outcomesOf(await Promise.all(all)), [
      'error',
      ...Array<string>(9).fill('shared'),
    ]);
    assert.equal(work.count, 1);
    assert.equal((await here.get({ make: async () => 'two' })).value, 'two');
  });

  test('silent, it is made after a moment', async () => {
    await using way = await openWay(SHARED_REDIS);
    using here = await openFlights({ url: way.url });
    way.silence();
    const begun = performance.now();
    const made = await here.get({ make: async () => 'one' });
    assert.deepEqual(made, { value: 'one', outcome: 'error' });
    const took = performance.now() - begun;
    assert.ok(took < 3_000, `${took} ms`);
  });

  test('lost while another worker is waited for, it is made here', async () => {
    await using opened = new AsyncDisposableStack();
    const way = opened.use(await openWay(SHARED_REDIS));
    const there = opened.use(await openFlights());
    const here = opened.use(await openFlights({ url: way.url, prefix: there.prefix }));
    const work = new Work();
    const slow = there.get({ make: work.make });
    await work.begun();
    const waits = here.get({ make: async () => 'two' });
    way.silence();
    assert.deepEqual(await waits, { value: 'two', outcome: 'error' });
    work.done.resolve('one');
    await slow;
  });

  test('holding something else under its name, that is said, and it is made', async () => {
    const { log, lines } = recordLog();
    using here = await openFlights({}, log);
    await here.redis.lpush(`${here.prefix}kept:a`, 'x');
    assert.equal((await here.get({ make: async () => 'one' })).value, 'one');
    assert.ok(lines.some(({ message }) => message === 'cache could not be asked'));
    await here.redis.del(`${here.prefix}kept:a`);
  });
});
