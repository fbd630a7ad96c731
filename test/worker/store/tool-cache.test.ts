import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { Failure } from '../../../src/shared/errors.ts';
import { silent } from '../../../src/shared/logger.ts';
import { ANONYMOUS, type Principal } from '../../../src/worker/domain/principal.ts';
import { ToolCaches } from '../../../src/worker/store/tool-cache.ts';
import { StoppableRedis } from '../../support/stoppable-redis.ts';
import { type ConnectOptions, connect, untilNext } from './connected.ts';

const ann: Principal = { id: 'key:ann', scopes: new Set(['notes:read', 'notes:write']) };
const MINUTE_MS = 60_000;
const KEY_LENGTH_MAX = 512;
const VALUE_BYTES_MAX = 1_048_576;
const TTL_MS_MAX = 2_592_000_000;

/** A worker among others. */
async function open(options: ConnectOptions = {}) {
  const connected = await connect(options);
  const caches = new ToolCaches({ ...connected, log: silent });
  return {
    ...connected,
    cacheOf: (
      principal: Principal = ann,
      signal = new AbortController().signal,
      [schema, name]: readonly [schema: string, name: string] = ['notes', 'search'],
    ) => caches.of(schema, name).during(principal, signal),
    [Symbol.dispose]: () => {
      caches[Symbol.dispose]();
      connected[Symbol.dispose]();
    },
  };
}

const isFailure = (code: string) => (thrown: unknown) =>
  thrown instanceof Failure && thrown.code === code;

suite('the cache of a tool', () => {
  test('keeps JSON for all workers, until it is deleted', async () => {
    await using opened = new AsyncDisposableStack();
    const here = opened.use(await open());
    const there = opened.use(await open({ prefix: here.prefix }));
    for (const value of [{ a: [1, null, 'x'] }, 'text', 7, false, null]) {
      // oxlint-disable-next-line no-await-in-loop -- a few
      await here.cacheOf().set('a', value, MINUTE_MS);
      // oxlint-disable-next-line no-await-in-loop -- as above
      assert.deepEqual(await there.cacheOf().get('a'), value);
    }
    await there.cacheOf().delete('a');
    assert.equal(await here.cacheOf().get('a'), undefined);
  });

  test('forgets after its time, and Redis does not hear of the key', async () => {
    using here = await open();
    await here.cacheOf().set('ann@example.com', 1, MINUTE_MS);
    const [key = assert.fail(), ...others] = await here.redis.keys(`${here.prefix}*`);
    assert.deepEqual(others, []);
    assert.doesNotMatch(key.slice(here.prefix.length), /ann|notes|search/);
    const left = await here.redis.pttl(key);
    assert.ok(left > 50_000 && left <= MINUTE_MS, `${left} ms`);
    await here.redis.pexpire(key, 0);
    assert.equal(await here.cacheOf().get('ann@example.com'), undefined);
  });

  for (const [what, other] of [
    ['somebody else', { id: 'key:bob', scopes: ann.scopes }],
    ['the same with other scopes', { id: ann.id, scopes: new Set(['notes:read']) }],
    ['the same with all scopes', { id: ann.id, scopes: 'all' }],
    ['the same with a scope called all', { id: ann.id, scopes: new Set(['all']) }],
    [
      'the same with two scopes in one',
      { id: ann.id, scopes: new Set(['notes:read,notes:write']) },
    ],
    ['whoever says nothing of itself', ANONYMOUS],
    ['somebody whose name looks like the key', { id: `${ann.id}","a`, scopes: ann.scopes }],
  ] as const satisfies readonly (readonly [string, Principal])[]) {
    test(`is its caller's own: ${what} finds nothing`, async () => {
      using here = await open();
      await here.cacheOf().set('a', 'of ann', MINUTE_MS);
      assert.equal(await here.cacheOf(other).get('a'), undefined);
      await here.cacheOf(other).delete('a');
      await here.cacheOf(other).remember('a', MINUTE_MS, async () => 'of another');
      assert.equal(await here.cacheOf().get('a'), 'of ann');
    });
  }

  test("is its caller's own, from whatever address and in whatever order the scopes come", async () => {
    using here = await open();
    await here.cacheOf().set('a', 1, MINUTE_MS);
    const scopes = new Set(['notes:write', 'notes:read']);
    assert.equal(await here.cacheOf({ id: ann.id, scopes, address: '192.0.2.1' }).get('a'), 1);
  });

  test('has a part that is the same for all', async () => {
    using here = await open();
    await here.cacheOf().shared.set('a', 1, MINUTE_MS);
    assert.equal(await here.cacheOf(ANONYMOUS).shared.get('a'), 1);
    assert.equal(await here.cacheOf().get('a'), undefined);
  });

  test('is not that of another tool, or of one of the same name in another folder', async () => {
    using here = await open();
    const { signal } = new AbortController();
    await here.cacheOf().shared.set('a', 1, MINUTE_MS);
    for (const other of [
      ['notes', 'list'],
      ['tasks', 'search'],
      ['notes","search', ''],
    ] as const) {
      // oxlint-disable-next-line no-await-in-loop -- a few
      assert.equal(await here.cacheOf(ann, signal, other).shared.get('a'), undefined);
    }
  });

  test('has its bounds, and takes what is just within them', async () => {
    using here = await open();
    const cache = here.cacheOf();
    const key = 'k'.repeat(KEY_LENGTH_MAX);
    const largest = 'é'.repeat((VALUE_BYTES_MAX - 2) / 2);
    await cache.set(key, largest, TTL_MS_MAX);
    assert.equal(await cache.get(key), largest);
    const tooMuch = [
      () => cache.get(''),
      () => cache.get(`${key}k`),
      () => cache.delete(`${key}k`),
      () => cache.set('a', `${largest}é`, 1),
      () => cache.set('a', 1, 0),
      () => cache.set('a', 1, 1.5),
      () => cache.set('a', 1, TTL_MS_MAX + 1),
      () => cache.set('a', 1, Number.NaN),
      () => cache.remember('a', Number.POSITIVE_INFINITY, async () => 1),
      () => cache.remember('', 1, async () => 1),
    ];
    for (const ask of tooMuch) {
      // oxlint-disable-next-line no-await-in-loop -- a few
      await assert.rejects(ask(), isFailure('invalid'), String(ask));
    }
  });

  test('refuses what is no JSON', async () => {
    using here = await open();
    const cache = here.cacheOf();
    const circle: { self?: object } = {};
    circle.self = circle;
    for (const value of [undefined, 7n, () => 1, Symbol('x'), circle]) {
      // oxlint-disable-next-line no-await-in-loop -- a few
      await assert.rejects(cache.set('a', value, 1_000), isFailure('invalid'));
    }
    await assert.rejects(
      cache.remember('a', 1_000, async () => 7n),
      isFailure('invalid'),
    );
  });

  test('does nothing more for a call that is over', async () => {
    using here = await open();
    const call = new AbortController();
    const cache = here.cacheOf(ann, call.signal);
    const reason = new Error('The time is up');
    call.abort(reason);
    for (const ask of [
      () => cache.get('a'),
      () => cache.set('a', 1, 1_000),
      () => cache.delete('a'),
      () => cache.shared.remember('a', 1_000, async () => 1),
    ]) {
      // oxlint-disable-next-line no-await-in-loop -- a few
      await assert.rejects(ask(), reason);
    }
  });
});

suite('what is remembered', () => {
  test('is made by one of those who ask at once, in two workers, and each gets a copy', async () => {
    await using opened = new AsyncDisposableStack();
    const here = opened.use(await open());
    const there = opened.use(await open({ prefix: here.prefix }));
    let made = 0;
    const begun = Promise.withResolvers<void>();
    const done = Promise.withResolvers<{ list: number[]; at?: Date }>();
    const make = () => {
      made += 1;
      begun.resolve();
      return done.promise;
    };
    const asked = Array.from({ length: 20 }, (_none, index) =>
      (index % 2 === 0 ? here : there).cacheOf().remember('a', MINUTE_MS, make),
    );
    await begun.promise;
    done.resolve({ list: [1], at: new Date(0) });
    const given = await Promise.all(asked);
    // Who made it gets it as all do who find it later.
    for (const one of given) {
      assert.deepEqual(one, { list: [1], at: '1970-01-01T00:00:00.000Z' });
      one.list.push(2);
    }
    assert.equal(made, 1);
    assert.deepEqual(await there.cacheOf().get('a'), { list: [1], at: '1970-01-01T00:00:00.000Z' });
  });

  test('is not kept if it is nothing, or too large, and who made it has it all the same', async () => {
    using here = await open();
    const large = 'x'.repeat(VALUE_BYTES_MAX);
    for (const value of [undefined, large]) {
      const remember = () => here.cacheOf().remember('a', MINUTE_MS, async () => value);
      // oxlint-disable-next-line no-await-in-loop -- a few
      assert.equal(await remember(), value);
      // oxlint-disable-next-line no-await-in-loop -- as above
      assert.equal(await here.cacheOf().get('a'), undefined);
    }
  });

  test('is made by another where the one who made it fails, with a failure of its own', async () => {
    using here = await open();
    const begun = Promise.withResolvers<void>();
    const done = Promise.withResolvers<string>();
    const first = here.cacheOf().shared.remember('a', MINUTE_MS, () => {
      begun.resolve();
      return done.promise;
    });
    await begun.promise;
    const second = here.cacheOf(ANONYMOUS).shared.remember('a', MINUTE_MS, async () => 'two');
    done.reject(new Failure('forbidden', 'Not for ann'));
    await assert.rejects(first, /Not for ann/);
    assert.equal(await second, 'two');
  });

  test('is not what was set or deleted while it was made', async () => {
    await using opened = new AsyncDisposableStack();
    const here = opened.use(await open());
    const there = opened.use(await open({ prefix: here.prefix }));
    const change = [
      async () => here.cacheOf().set('a', 'new', MINUTE_MS),
      async () => there.cacheOf().set('a', 'new', MINUTE_MS),
      async () => here.cacheOf().delete('a'),
      async () => there.cacheOf().delete('a'),
    ];
    for (const [index, make] of change.entries()) {
      /* oxlint-disable no-await-in-loop -- a few */
      const begun = Promise.withResolvers<void>();
      const done = Promise.withResolvers<string>();
      const old = here.cacheOf().remember('a', MINUTE_MS, () => {
        begun.resolve();
        return done.promise;
      });
      await begun.promise;
      await make();
      done.resolve('old');
      assert.equal(await old, 'old');
      // Answered after whatever was sent to keep the old one.
      const expected = index < 2 ? 'new' : undefined;
      assert.equal(await here.cacheOf().get('a'), expected);
      await here.cacheOf().delete('a');
      /* oxlint-enable no-await-in-loop -- as above */
    }
  });
});

test('what is set is one command, which nothing that is made meanwhile comes into', async (t) => {
  using here = await open();
  const { mock: sent } = t.mock.method(here.redis, 'sendCommand');
  await here.cacheOf().set('a', 1, MINUTE_MS);
  assert.equal(sent.callCount(), 1);
});

suite('while Redis is away, the cache of a tool', () => {
  test('finds and keeps nothing, and makes what is to be remembered', async () => {
    await using server = await StoppableRedis.start();
    using here = await open({ url: server.url });
    const closed = untilNext('close', here.redis);
    await server.stop();
    await closed;
    const cache = here.cacheOf();
    await cache.set('a', 1, MINUTE_MS);
    assert.equal(await cache.get('a'), undefined);
    await cache.delete('a');
    assert.equal(await cache.remember('a', MINUTE_MS, async () => 2), 2);
    assert.equal(await cache.remember('a', MINUTE_MS, async () => 3), 3);
  });
});
