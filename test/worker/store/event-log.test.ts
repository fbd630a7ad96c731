import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import * as fc from 'fast-check';

import { type Logger, silent } from '../../../src/shared/logger.ts';
import type { EventLog, LogEntry } from '../../../src/worker/domain/bus.ts';
import { isAfter } from '../../../src/worker/domain/entry-id.ts';
import { RedisEventLog } from '../../../src/worker/store/event-log.ts';
import { StoppableRedis } from '../../support/stoppable-redis.ts';
import { recordLog } from '../recorded-log.ts';
import {
  type Connected,
  type ConnectOptions,
  connect,
  SHARED_REDIS,
  untilNext,
} from './connected.ts';
import { isFailure } from './failures.ts';
import { openWay } from './way.ts';

const TTL_MS = 60_000;

interface OpenOptions extends ConnectOptions {
  readonly ttlMs?: number;
  readonly log?: Logger;
}

/** The event log of one worker. */
async function open({
  ttlMs = TTL_MS,
  log = silent,
  ...options
}: OpenOptions = {}): Promise<Connected & { events: EventLog }> {
  const connected = await connect(options);
  const { redis, bus, prefix } = connected;
  return { ...connected, events: new RedisEventLog({ redis, bus, prefix, ttlMs, log }) };
}

/** Follows a log, and keeps what it is told. */
async function follow(
  events: EventLog,
  after?: string,
): Promise<Disposable & { entries: LogEntry[] }> {
  const entries: LogEntry[] = [];
  const following = await events.follow('call', after, (entry) => entries.push(entry));
  return { entries, [Symbol.dispose]: () => following[Symbol.dispose]() };
}

async function append(events: EventLog, numbers: readonly number[]): Promise<string[]> {
  const ids: string[] = [];
  for (const number of numbers) {
    // In turn is the point.
    // oxlint-disable-next-line no-await-in-loop -- see above
    const id = await events.append('call', { number });
    assert.ok(id !== undefined);
    ids.push(id);
  }
  return ids;
}

function numbersOf(entries: readonly LogEntry[]): unknown[] {
  return entries.map(({ message }) => (message as { number: unknown }).number);
}

const countTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

suite('an event log', () => {
  test('tells what it has, in order, and then what comes, whoever appends it', async (t) => {
    using here = await open();
    using there = await open({ prefix: here.prefix });
    await append(here.events, countTo(50));
    using following = await follow(there.events);
    assert.deepEqual(numbersOf(following.entries), countTo(50));
    await append(here.events, [50]);
    await append(there.events, [51]);
    await t.waitFor(() => assert.deepEqual(numbersOf(following.entries), countTo(52)));
  });

  test('goes on after the entry that is named', async (t) => {
    using here = await open();
    const ids = await append(here.events, [0, 1, 2]);
    using following = await follow(here.events, ids[1]);
    assert.deepEqual(numbersOf(following.entries), [2]);
    using atEnd = await follow(here.events, ids[2]);
    assert.deepEqual(atEnd.entries, []);
    await append(here.events, [3]);
    await t.waitFor(() => assert.deepEqual(numbersOf(atEnd.entries), [3]));
  });

  test('gives each entry once and in the order of the ids, while many append at once', async (t) => {
    using here = await open();
    using there = await open({ prefix: here.prefix });
    const appending = countTo(200).map((number) =>
      (number % 2 === 0 ? here : there).events.append('call', { number }),
    );
    using following = await follow(here.events);
    const ids = await Promise.all(appending);
    await t.waitFor(() => assert.equal(following.entries.length, 200));
    const given = following.entries.map(({ id }) => id);
    assert.deepEqual(
      given,
      given.toSorted((a, b) => (isAfter(a, b) ? 1 : -1)),
    );
    assert.deepEqual(new Set(given), new Set(ids));
    assert.deepEqual(new Set(numbersOf(following.entries)), new Set(countTo(200)));
  });

  test('is not another', async () => {
    using here = await open();
    await append(here.events, [0]);
    await here.events.append('other', { number: 1 });
    using following = await follow(here.events);
    assert.deepEqual(numbersOf(following.entries), [0]);
  });

  test('keeps the last thousand', async () => {
    using here = await open();
    await Promise.all(countTo(1_050).map((number) => here.events.append('call', { number })));
    using following = await follow(here.events);
    assert.deepEqual(numbersOf(following.entries), countTo(1_050).slice(-1_000));
  });

  test('goes when nothing was appended for its time', async (t) => {
    using here = await open({ ttlMs: 500 });
    const key = `${here.prefix}log:call`;
    await append(here.events, [0]);
    const left = await here.redis.pttl(key);
    assert.ok(left > 0 && left <= 500, `${left} ms`);
    await t.waitFor(async () => assert.equal(await here.redis.exists(key), 0), { timeout: 5_000 });
    using following = await follow(here.events);
    await append(here.events, [1]);
    await t.waitFor(() => assert.deepEqual(numbersOf(following.entries), [1]));
  });

  test('does not keep what is too large', async () => {
    using here = await open();
    const text = 'x'.repeat(4 * 1_048_576);
    assert.equal(await here.events.append('call', { text }), undefined);
    const id = await here.events.append('call', { text: text.slice(100) });
    assert.ok(id !== undefined);
    using following = await follow(here.events);
    assert.deepEqual(
      following.entries.map((entry) => entry.id),
      [id],
    );
  });

  for (const after of ['', '1', '1-', 'a-b', '-1-0', '1-0-0', '1-18446744073709551616', '$', '+']) {
    test(`has no entry ${JSON.stringify(after)} to go on after`, async () => {
      using here = await open();
      await assert.rejects(follow(here.events, after), isFailure('invalid'));
    });
  }

  test('passes over entries that are not of ours', async (t) => {
    using here = await open();
    await here.redis.xadd(`${here.prefix}log:call`, '*', 'message', '{');
    await here.redis.xadd(`${here.prefix}log:call`, '*', 'other', '');
    using following = await follow(here.events);
    await append(here.events, [0]);
    await t.waitFor(() => assert.deepEqual(numbersOf(following.entries), [0]));
  });

  test('tells nothing any more once it is not followed', async (t) => {
    using here = await open();
    await append(here.events, [0, 1, 2]);
    const seen: LogEntry[] = [];
    const first = await follow(here.events);
    using _onlooker = await here.events.follow('call', undefined, (entry) => seen.push(entry));
    first[Symbol.dispose]();
    await append(here.events, [3]);
    await t.waitFor(() => assert.equal(seen.length, 4));
    assert.equal(first.entries.length, 3);
  });

  test('goes on when who follows throws, and says so in the log', async (t) => {
    const { log, lines } = recordLog();
    using here = await open({ log });
    const seen: unknown[] = [];
    using _following = await here.events.follow('call', undefined, (entry) => {
      seen.push(entry.message);
      throw new Error('out of paint');
    });
    await append(here.events, [0, 1]);
    await t.waitFor(() => assert.deepEqual(seen, [{ number: 0 }, { number: 1 }]));
    await t.waitFor(() => assert.equal(lines.length, 2));
    assert.partialDeepStrictEqual(lines, [{ level: 'error', message: 'follower failed' }]);
  });

  test('is looked at now and then, should a wake-up have been missed', async (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] });
    using here = await open();
    using following = await follow(here.events);
    await here.redis.xadd(`${here.prefix}log:call`, '*', 'message', '{"number":0}');
    assert.deepEqual(following.entries, []);
    t.mock.timers.tick(5_000);
    t.mock.timers.reset();
    await t.waitFor(() => assert.deepEqual(numbersOf(following.entries), [0]));
  });
});

suite('an event log, when Redis', () => {
  test('is away, takes nothing and gives nothing, and does when it is back', async (t) => {
    await using server = await StoppableRedis.start();
    using here = await open({ url: server.url });
    using before = await follow(here.events);
    const lost = untilNext('close', here.redis);
    await server.stop();
    await lost;
    assert.equal(await here.events.append('call', {}), undefined);
    await assert.rejects(follow(here.events), isFailure('unavailable'));
    await server.start();
    await t.waitFor(
      async () => assert.ok((await here.events.append('call', { number: 0 })) !== undefined),
      { timeout: 10_000 },
    );
    using after = await follow(here.events);
    assert.deepEqual(numbersOf(after.entries), [0]);
    await t.waitFor(() => assert.deepEqual(numbersOf(before.entries), [0]), { timeout: 10_000 });
  });

  test('loses the connection of one worker, that one misses nothing', async (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] });
    await using way = await openWay(SHARED_REDIS);
    using here = await open({ url: way.url });
    using there = await open({ prefix: here.prefix });
    using following = await follow(here.events);
    const back = untilNext('ready', here.redis);
    way.cut();
    await append(there.events, countTo(30));
    await back;
    t.mock.timers.tick(5_000);
    t.mock.timers.reset();
    await t.waitFor(() => assert.deepEqual(numbersOf(following.entries), countTo(30)));
  });
});

suite('ids of entries', () => {
  const part = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });

  test('are ordered as their numbers', () => {
    fc.assert(
      fc.property(part, part, part, part, (ms, sequence, otherMs, otherSequence) => {
        const isGreater = ms === otherMs ? sequence > otherSequence : ms > otherMs;
        assert.equal(isAfter(`${ms}-${sequence}`, `${otherMs}-${otherSequence}`), isGreater);
      }),
    );
  });

  test('come after none if they are none', () => {
    assert.equal(isAfter('2-0', '1'), false);
    assert.equal(isAfter('2', '1-0'), false);
  });
});
