import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { silent } from '../../../src/shared/logger.ts';
import { type CallRatesOptions, SharedCallRates } from '../../../src/worker/store/call-rates.ts';
import { type Connected, connect, untilNext } from './connected.ts';

type Wanted = Partial<Pick<CallRatesOptions, 'callsPerS' | 'toolCallsPerS'>>;

/** The rates of one worker, and what it refused. */
async function openRates({ redis, prefix }: Connected, wanted: Wanted) {
  const refused: string[] = [];
  const rates = await SharedCallRates.open({
    redis,
    prefix,
    self: crypto.randomUUID(),
    callsPerS: undefined,
    toolCallsPerS: undefined,
    ...wanted,
    observer: { refuse: (limit) => refused.push(limit) },
    log: silent,
  });
  return { rates, refused, [Symbol.asyncDispose]: () => rates[Symbol.asyncDispose]() };
}

/** Floods until then. Returns how many calls were let through after the first burst, in a second. */
async function flood(
  rates: SharedCallRates,
  caller: { readonly who: string; readonly tool: string },
  { burstMs, untilMs, every = 8 }: { burstMs: number; untilMs: number; every?: number },
): Promise<number> {
  const start = performance.now();
  let taken = 0;
  for (;;) {
    const sinceMs = performance.now() - start;
    if (sinceMs > untilMs) return (taken * 1_000) / (sinceMs - burstMs);
    for (let each = 0; each < every; each++) {
      if (rates.take(caller.who, caller.tool) === 0 && sinceMs > burstMs) taken += 1;
    }
    // oxlint-disable-next-line no-await-in-loop -- calls that come in time are what this is about
    await sleep(5);
  }
}

/** What is granted comes every quarter of a second, so that at both ends a part of a second is too much or too little. */
const LONG = { burstMs: 1_200, untilMs: 6_200 };

function assertNear(perS: number, expected: number, share = 0.15): void {
  assert.ok(Math.abs(perS - expected) <= expected * share, `${perS} in a second, not ${expected}`);
}

suite('the rates of calls', { concurrency: true }, () => {
  test('are kept by two workers together, and for each principal', async () => {
    await using opened = new AsyncDisposableStack();
    const here = opened.use(await connect());
    const there = opened.use(await connect({ prefix: here.prefix }));
    const ours = opened.use(await openRates(here, { callsPerS: 200 }));
    const theirs = opened.use(await openRates(there, { callsPerS: 200 }));
    const [ann, bob] = [
      { who: 'ann', tool: 't' },
      { who: 'bob', tool: 't' },
    ];
    const [atOurs, atTheirs, bobs] = await Promise.all([
      flood(ours.rates, ann, LONG),
      flood(theirs.rates, ann, LONG),
      flood(ours.rates, bob, LONG),
    ]);
    assertNear(atOurs + atTheirs, 200);
    assertNear(bobs, 200);
    assert.ok(Math.min(atOurs, atTheirs) > 40, `one worker got ${atOurs}, the other ${atTheirs}`);
    assert.deepEqual([...new Set(ours.refused)], ['calls_per_s']);
  });

  test('of a tool are shared by those who call it', async () => {
    using here = await connect();
    await using ours = await openRates(here, { toolCallsPerS: 100 });
    const [greedy, modest] = await Promise.all([
      flood(ours.rates, { who: 'ann', tool: 't' }, { ...LONG, every: 50 }),
      flood(ours.rates, { who: 'bob', tool: 't' }, { ...LONG, every: 1 }),
    ]);
    assertNear(greedy + modest, 100);
    assert.ok(modest > 35, `${modest} in a second`);
    assert.deepEqual([...new Set(ours.refused)], ['tool_calls_per_s']);
    assert.equal(ours.rates.take('ann', 'other'), 0);
  });

  test('let through who calls now and then, and say how long to wait', async () => {
    using here = await connect();
    await using ours = await openRates(here, { callsPerS: 2 });
    assert.equal(ours.rates.take('ann', 't'), 0);
    assert.equal(ours.rates.take('ann', 't'), 0);
    assert.equal(ours.rates.take('ann', 't'), 500);
    assert.deepEqual(ours.refused, ['calls_per_s']);
  });

  test('are kept by each worker for its share while Redis is away, and together again after', async () => {
    await using opened = new AsyncDisposableStack();
    const here = opened.use(await connect());
    const there = opened.use(await connect({ prefix: here.prefix }));
    const theirs = opened.use(await openRates(there, { callsPerS: 200 }));
    const ours = opened.use(await openRates(here, { callsPerS: 200 }));
    // What each learns of the other it learns with a lease, and who is not called fetches one a second.
    await flood(ours.rates, { who: 'bob', tool: 't' }, { burstMs: 0, untilMs: 1_500 });
    const closed = [here, there].map(({ redis }) => untilNext('close', redis));
    for (const { redis } of [here, there]) redis.disconnect();
    await Promise.all(closed);
    const ann = { who: 'ann', tool: 't' };
    const away = await Promise.all([flood(ours.rates, ann, LONG), flood(theirs.rates, ann, LONG)]);
    for (const perS of away) assertNear(perS, 100);
    await Promise.all([here, there].map(({ redis }) => redis.connect()));
    const [atOurs, atTheirs] = await Promise.all([
      flood(ours.rates, ann, LONG),
      flood(theirs.rates, ann, LONG),
    ]);
    assertNear(atOurs + atTheirs, 200);
  });

  test('need buckets for those alone who call', async (t) => {
    using here = await connect();
    await using ours = await openRates(here, { callsPerS: 5, toolCallsPerS: 1_000_000 });
    for (let who = 0; who < 20_000; who++) ours.rates.take(`${who}`, 't');
    assert.ok(ours.rates.size <= 10_002, `${ours.rates.size} buckets`);
    await t.waitFor(() => assert.equal(ours.rates.size, 0), { timeout: 20_000, interval: 100 });
  });

  test('that are off cost nothing, and no Redis', async () => {
    using here = await connect();
    await using ours = await openRates(here, {});
    for (let each = 0; each < 100_000; each++) assert.equal(ours.rates.take('ann', 't'), 0);
    assert.equal(ours.rates.size, 0);
    assert.deepEqual(await here.redis.keys(`${here.prefix}rate:*`), []);
  });
});
