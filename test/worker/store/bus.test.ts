import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import type { Bus } from '../../../src/worker/domain/bus.ts';
import { StoppableRedis } from '../../support/stoppable-redis.ts';
import { recordLog } from '../recorded-log.ts';
import { connect, makePrefix, SHARED_REDIS, untilNext } from './connected.ts';
import { isFailure } from './failures.ts';
import { openWay } from './way.ts';

/** Listens, and keeps what is said. */
async function listenTo(bus: Bus, topic: string): Promise<Disposable & { heard: unknown[] }> {
  const heard: unknown[] = [];
  const listening = await bus.listen(topic, (message) => heard.push(message));
  return { heard, [Symbol.dispose]: () => listening[Symbol.dispose]() };
}

suite('the bus', () => {
  test('tells every worker that listens, and the one that speaks too', async (t) => {
    using here = await connect();
    using there = await connect({ prefix: here.prefix });
    using ours = await listenTo(here.bus, 'news');
    using theirs = await listenTo(there.bus, 'news');
    using others = await listenTo(there.bus, 'weather');
    assert.equal(await here.bus.publish('news', { number: 1 }), true);
    assert.equal(await there.bus.publish('news', { number: 2 }), true);
    for (const { heard } of [ours, theirs]) {
      await t.waitFor(() => assert.deepEqual(heard, [{ number: 1 }, { number: 2 }]));
    }
    assert.deepEqual(others.heard, []);
  });

  test('of one service says nothing to another on the same Redis', async (t) => {
    using here = await connect();
    using there = await connect();
    using theirs = await listenTo(there.bus, 'news');
    await here.bus.publish('news', { of: 'ours' });
    await there.bus.publish('news', { of: 'theirs' });
    await t.waitFor(() => assert.deepEqual(theirs.heard, [{ of: 'theirs' }]));
  });

  test('subscribes once to a topic however many listen, and lets go of it with the last', async (t) => {
    using here = await connect();
    using onlooker = await connect();
    const channel = `${here.prefix}news`;
    const said: unknown[] = [];
    const monitor = await onlooker.redis.monitor();
    monitor.on('monitor', (_time: string, [command = '', name]: string[]) => {
      if (name === channel) said.push(command.toLowerCase());
    });
    const countSubscribers = async (): Promise<unknown> =>
      (await onlooker.redis.pubsub('NUMSUB', channel))[1];
    const first = await listenTo(here.bus, 'news');
    const second = await listenTo(here.bus, 'news');
    assert.equal(await countSubscribers(), 1);
    first[Symbol.dispose]();
    first[Symbol.dispose]();
    await here.bus.publish('news', {});
    await t.waitFor(() => assert.equal(second.heard.length, 1));
    assert.equal(first.heard.length, 0);
    second[Symbol.dispose]();
    await t.waitFor(async () => assert.equal(await countSubscribers(), 0));
    using third = await listenTo(here.bus, 'news');
    await here.bus.publish('news', {});
    await t.waitFor(() => assert.equal(third.heard.length, 1));
    await t.waitFor(() => {
      assert.deepEqual(said, ['subscribe', 'publish', 'unsubscribe', 'subscribe', 'publish']);
    });
    monitor.disconnect();
  });

  test('passes over what is no JSON', async (t) => {
    using here = await connect();
    using ours = await listenTo(here.bus, 'news');
    await here.redis.publish(`${here.prefix}news`, 'hello {');
    await here.redis.publish(`${here.prefix}news`, '');
    await here.bus.publish('news', { number: 1 });
    await t.waitFor(() => assert.deepEqual(ours.heard, [{ number: 1 }]));
  });

  test('tells the others when a listener throws, and the log why', async (t) => {
    const { log, lines } = recordLog();
    using here = await connect({ log });
    using _broken = await here.bus.listen('news', () => {
      throw new Error('out of paint');
    });
    using ours = await listenTo(here.bus, 'news');
    await here.bus.publish('news', {});
    await t.waitFor(() => assert.equal(ours.heard.length, 1));
    assert.partialDeepStrictEqual(lines, [{ level: 'error', message: 'listener failed' }]);
  });

  test('gives a message to nobody who left or came while it was given', async (t) => {
    using here = await connect();
    const late: unknown[] = [];
    const cleanup = new DisposableStack();
    using _first = await here.bus.listen('news', () => {
      second[Symbol.dispose]();
      void here.bus
        .listen('news', (message) => late.push(message))
        .then((listening) => {
          cleanup.use(listening);
        });
    });
    const second = await listenTo(here.bus, 'news');
    using third = await listenTo(here.bus, 'news');
    await here.bus.publish('news', { number: 1 });
    await t.waitFor(() => assert.equal(third.heard.length, 1));
    assert.deepEqual([second.heard, late], [[], []]);
    await here.bus.publish('news', { number: 2 });
    await t.waitFor(() => assert.deepEqual(late, [{ number: 2 }]));
    cleanup.dispose();
  });

  test('does not send what is too long', async (t) => {
    using here = await connect();
    using ours = await listenTo(here.bus, 'news');
    assert.equal(await here.bus.publish('news', { text: 'x'.repeat(5 * 1_048_576) }), false);
    assert.equal(await here.bus.publish('news', { text: 'x'.repeat(4 * 1_048_576) }), true);
    await t.waitFor(() => assert.equal(ours.heard.length, 1));
  });

  test('has room for so many topics and no more', async () => {
    using here = await connect({ topicsMax: 2 });
    using _first = await listenTo(here.bus, 'first');
    const second = await listenTo(here.bus, 'second');
    using _again = await listenTo(here.bus, 'first');
    await assert.rejects(listenTo(here.bus, 'third'), isFailure('limited'));
    second[Symbol.dispose]();
    using _third = await listenTo(here.bus, 'third');
  });
});

suite('the bus, when Redis', () => {
  test('is away, says so to who speaks, and hears again when it is back', async (t) => {
    await using server = await StoppableRedis.start();
    using here = await connect({ url: server.url });
    using before = await listenTo(here.bus, 'before');
    const lost = untilNext('close', here.redis);
    await server.stop();
    await lost;
    assert.equal(await here.bus.publish('before', {}), false);
    using during = await listenTo(here.bus, 'during');
    const left = await listenTo(here.bus, 'left');
    left[Symbol.dispose]();
    await server.start();
    for (const [topic, { heard }] of [
      ['before', before],
      ['during', during],
    ] as const) {
      await t.waitFor(
        async () => {
          await here.bus.publish(topic, { topic });
          assert.deepEqual(heard[0], { topic });
        },
        { timeout: 10_000 },
      );
    }
    assert.deepEqual(left.heard, []);
  });

  test('cuts the connection, listens again to all of very many topics', async (t) => {
    await using way = await openWay(SHARED_REDIS);
    using here = await connect({ url: way.url, topicsMax: 2_500 });
    using there = await connect({ prefix: here.prefix });
    const topics = Array.from({ length: 2_500 }, (_, index) => `topic ${index}`);
    const listening = await Promise.all(topics.map((topic) => listenTo(here.bus, topic)));
    way.cut();
    await t.waitFor(
      async () => {
        await Promise.all(topics.map((topic) => there.bus.publish(topic, {})));
        assert.ok(listening.every(({ heard }) => heard.length > 0));
      },
      { timeout: 10_000, interval: 200 },
    );
    for (const each of listening) each[Symbol.dispose]();
  });

  test('falls silent, gives the connection up, and listens over another', async (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] });
    await using way = await openWay(SHARED_REDIS);
    using here = await connect({ url: way.url });
    using there = await connect({ prefix: here.prefix });
    using ours = await listenTo(here.bus, 'news');
    way.silence();
    // It is asked whether it is there.
    t.mock.timers.tick(5_000);
    t.mock.timers.reset();
    await t.waitFor(
      async () => {
        await there.bus.publish('news', {});
        assert.ok(ours.heard.length > 0);
      },
      { timeout: 10_000, interval: 100 },
    );
  });

  test('refuses us the channel, warns', async (t) => {
    using onlooker = await connect();
    const user = `user-${makePrefix().slice(5, 20)}`;
    const rights = ['on', '>secret', '~*', '+@all', 'resetchannels'];
    try {
      await onlooker.redis.acl('SETUSER', user, ...rights);
    } catch {
      t.skip('the substitute for Redis knows no users');
      return;
    }
    const { log, lines } = recordLog();
    const url = Object.assign(new URL(SHARED_REDIS), { username: user, password: 'secret' }).href;
    using here = await connect({ url, log });
    using _ours = await listenTo(here.bus, 'news');
    assert.partialDeepStrictEqual(lines, [
      { level: 'warn', message: 'redis refuses a subscription' },
    ]);
    await onlooker.redis.acl('DELUSER', user);
  });
});
