import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import type { Redis } from 'ioredis';

import { silent } from '../../../src/shared/logger.ts';
import { RedisAttempts } from '../../../src/worker/store/attempts.ts';
import { recordLog } from '../recorded-log.ts';
import { connect, SHARED_REDIS, untilNext } from './connected.ts';
import { openWay } from './way.ts';

const PER_MIN = 3;
const MINUTE_MS = 60_000;

function openAttempts({ redis, prefix }: { readonly redis: Redis; readonly prefix: string }) {
  return new RedisAttempts({ redis, prefix, what: 'login', perMin: PER_MIN, log: silent });
}

async function takeAll(attempts: RedisAttempts, who: string): Promise<void> {
  for (let each = 0; each < PER_MIN; each++) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
    assert.equal(await attempts.take(who), 0);
  }
}

function assertRefused(waitMs: number): void {
  assert.ok(waitMs > MINUTE_MS - 5_000 && waitMs <= MINUTE_MS, `${waitMs} ms`);
}

suite('attempts', () => {
  test('are as many in a minute as were said, at all workers together, and another is told how long to wait', async () => {
    using here = await connect();
    using there = await connect({ prefix: here.prefix });
    const [ours, theirs] = [openAttempts(here), openAttempts(there)];
    await takeAll(ours, 'ann');
    assertRefused(await theirs.take('ann'));
    assertRefused(await ours.take('ann'));
    assert.equal(await theirs.take('bob'), 0);
  });

  test('of one kind are not those of another', async () => {
    using here = await connect();
    await takeAll(openAttempts(here), 'ann');
    const options = { ...here, what: 'handshake', perMin: PER_MIN, log: silent };
    assert.equal(await new RedisAttempts(options).take('ann'), 0);
  });

  test('once refused cost Redis nothing, and stay refused while it is away', async () => {
    using here = await connect();
    const attempts = openAttempts(here);
    await takeAll(attempts, 'ann');
    assertRefused(await attempts.take('ann'));
    here.redis.disconnect();
    assertRefused(await attempts.take('ann'));
  });

  test('are kept under a hash of who it is, for a minute', async () => {
    using here = await connect();
    await openAttempts(here).take('hf_live_secret');
    const keys = await here.redis.keys(`${here.prefix}*`);
    assert.equal(keys.length, 1);
    assert.match(keys[0] ?? '', /:attempts:login:[\w-]{43}$/);
    assert.doesNotMatch(keys[0] ?? '', /hf_live|secret/);
    const ttlMs = await here.redis.pttl(keys[0] ?? '');
    assert.ok(ttlMs > 0 && ttlMs <= MINUTE_MS);
  });

  test('are counted by the worker itself while Redis is away', async () => {
    await using way = await openWay(SHARED_REDIS);
    using here = await connect({ url: way.url });
    const attempts = openAttempts(here);
    const closed = untilNext('close', here.redis);
    here.redis.disconnect();
    await closed;
    await takeAll(attempts, 'ann');
    assertRefused(await attempts.take('ann'));
    assert.equal(await attempts.take('bob'), 0);
  });

  test('do not wait for a Redis that says nothing', async () => {
    await using way = await openWay(SHARED_REDIS);
    using here = await connect({ url: way.url });
    const attempts = openAttempts(here);
    way.silence();
    const before = performance.now();
    assert.equal(await attempts.take('ann'), 0);
    const tookMs = performance.now() - before;
    assert.ok(tookMs >= 290 && tookMs < 1_500, `${tookMs} ms`);
  });

  test('that Redis finds wrong are counted all the same, and logged', async () => {
    using here = await connect();
    const { log, lines } = recordLog();
    const attempts = new RedisAttempts({ ...here, what: 'login', perMin: PER_MIN, log });
    await attempts.take('ann');
    const [key = ''] = await here.redis.keys(`${here.prefix}*`);
    await here.redis.del(key);
    await here.redis.lpush(key, 'x');
    await takeAll(attempts, 'ann');
    assertRefused(await attempts.take('ann'));
    assert.equal(lines[0]?.message, 'attempt could not be counted');
  });
});
