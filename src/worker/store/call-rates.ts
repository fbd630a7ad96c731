import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import type { Redis } from 'ioredis';

import type { Logger } from '../../shared/logger.ts';
import type { CallRates } from '../domain/limits.ts';
import { Bucket } from './bucket.ts';
import { unlessAwayFor } from './redis-away.ts';

/** Whoever counts refusals. It must not throw. */
interface CallRatesObserver {
  refuse(limit: 'calls_per_s' | 'tool_calls_per_s'): void;
}

export interface CallRatesOptions {
  readonly redis: Redis;
  /** Begins the name of each key. */
  readonly prefix: string;
  /** This worker, unlike any that ever was. */
  readonly self: string;
  /** Of one principal. Absent: off. */
  readonly callsPerS: number | undefined;
  /** Of one tool. Absent: off. */
  readonly toolCallsPerS: number | undefined;
  readonly observer: CallRatesObserver;
  readonly log: Logger;
}

/** How often leases are fetched, on average: not all workers at the same time, and none always before another. */
const LEASE_MS = 250;
const LEASE_SPREAD = 0.2;
/** How often at least, though there are no buckets: so that the others know of this worker, and it of them. */
const PRESENCE_MS = 1_000;
/** A Redis that takes longer counts as away. */
const TIMEOUT_MS = 300;
/** A worker that was not heard of for so long has no share. */
const WORKER_MS = 3_000;
/** Principals and tools that have buckets of their own. All others share one. */
const BUCKETS_MAX = 10_000;
/** Buckets in one command, so that Redis is kept busy for a few milliseconds at most. */
const LEASES_MAX = 500;

/**
 * For each bucket what is owed is taken from what is left, though it be not enough, and of what is wanted as much as there is.
 * It fills by the clock of Redis, up to what a second brings. Answers how many workers there are, and what was granted.
 */
const LEASE = `
  local time = redis.call('time')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  redis.call('zadd', KEYS[1], now, ARGV[1])
  redis.call('zremrangebyscore', KEYS[1], '-inf', now - ARGV[2])
  redis.call('pexpire', KEYS[1], ARGV[2])
  local answer = { redis.call('zcard', KEYS[1]) }
  for i = 2, #KEYS do
    local rate, owed, wanted = tonumber(ARGV[3 * i - 3]), tonumber(ARGV[3 * i - 2]), tonumber(ARGV[3 * i - 1])
    local held = redis.call('hmget', KEYS[i], 'left', 'at')
    local left = rate
    if held[1] then
      left = math.min(rate, tonumber(held[1]) + math.max(0, now - tonumber(held[2])) * rate / 1000)
    end
    left = math.max(-rate, left - owed)
    local granted = math.max(0, math.min(wanted, math.floor(left)))
    redis.call('hset', KEYS[i], 'left', tostring(left - granted), 'at', string.format('%.0f', now))
    redis.call('pexpire', KEYS[i], 3000)
    answer[i] = granted
  end
  return answer`;

/**
 * Rates of calls over all workers. Each takes from buckets of its own, which are filled with leases from Redis, so that a call
 * waits for nobody. A bucket that is new begins with the worker's share of one second, which it owes. While Redis is away each
 * worker goes on with its share: the rate, divided by the workers there were.
 */
export class SharedCallRates implements CallRates, AsyncDisposable {
  readonly #options: CallRatesOptions;
  readonly #principals = new Map<string, Bucket>();
  readonly #tools = new Map<string, Bucket>();
  readonly #closing = new AbortController();
  #workers = 1;
  #leasing: Promise<void> | undefined;

  private constructor(options: CallRatesOptions) {
    this.#options = options;
  }

  /** Resolves when it is known how many workers there are, or Redis is away. */
  static async open(options: CallRatesOptions): Promise<SharedCallRates> {
    const rates = new SharedCallRates(options);
    if (options.callsPerS === undefined && options.toolCallsPerS === undefined) return rates;
    await rates.#lease(0);
    rates.#leasing = rates.#leaseOnAndOn();
    return rates;
  }

  /** Buckets that there are. */
  get size(): number {
    return this.#principals.size + this.#tools.size;
  }

  take(principal: string, tool: string): number {
    const { callsPerS, toolCallsPerS, observer } = this.#options;
    const own = callsPerS && this.#bucketOf(this.#principals, principal, callsPerS);
    if (own && !own.hasFor(principal)) {
      observer.refuse('calls_per_s');
      return own.waitMs;
    }
    const shared = toolCallsPerS && this.#bucketOf(this.#tools, tool, toolCallsPerS);
    if (shared && !shared.hasFor(principal)) {
      observer.refuse('tool_calls_per_s');
      return shared.waitMs;
    }
    if (own) own.take(principal);
    if (shared) shared.take(principal);
    return 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#leasing;
  }

  #bucketOf(buckets: Map<string, Bucket>, name: string, perS: number): Bucket {
    const found = buckets.get(name);
    if (found !== undefined) return found;
    // Nobody is called nothing.
    const key = buckets.size < BUCKETS_MAX ? name : '';
    const bucket = buckets.get(key) ?? new Bucket(perS, this.#workers);
    buckets.set(key, bucket);
    return bucket;
  }

  async #leaseOnAndOn(): Promise<void> {
    const { signal } = this.#closing;
    let [before, announcedAt] = [performance.now(), performance.now()];
    while (!signal.aborted) {
      const spread = 1 + (Math.random() * 2 - 1) * LEASE_SPREAD;
      // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
      await sleep(LEASE_MS * spread, undefined, { signal, ref: false }).catch(() => undefined);
      if (signal.aborted) return;
      const now = performance.now();
      if (this.size > 0 || now - announcedAt >= PRESENCE_MS) {
        // oxlint-disable-next-line no-await-in-loop -- see above
        await this.#lease(now - before);
        announcedAt = now;
      }
      before = now;
    }
  }

  /** Fetches leases for all buckets, so long after the last. */
  async #lease(elapsedMs: number): Promise<void> {
    const named = [...listNamed('principal', this.#principals), ...listNamed('tool', this.#tools)];
    let from = 0;
    do {
      // oxlint-disable-next-line no-await-in-loop -- Redis is left time for others in between
      await this.#leaseSome(named.slice(from, from + LEASES_MAX), elapsedMs);
      from += LEASES_MAX;
    } while (from < named.length);
    for (const buckets of [this.#principals, this.#tools]) {
      for (const [name, bucket] of buckets) if (bucket.isIdle) buckets.delete(name);
    }
  }

  async #leaseSome(named: readonly Named[], elapsedMs: number): Promise<void> {
    const asked = named.map(({ bucket }) => [bucket.owed, bucket.wanted] as const);
    const granted = await this.#ask(named, asked);
    for (const [at, { bucket }] of named.entries()) {
      if (granted === undefined) bucket.addShare(elapsedMs);
      else bucket.add(granted[at] ?? 0, asked[at]?.[0] ?? 0);
    }
  }

  /** What is granted to each; nothing, while Redis is away. */
  async #ask(
    named: readonly Named[],
    asked: readonly (readonly [owed: number, wanted: number])[],
  ): Promise<readonly number[] | undefined> {
    const { redis, prefix, self, log } = this.#options;
    const keys = [`${prefix}rate:workers`, ...named.map(({ key }) => `${prefix}rate:${key}`)];
    const values = asked.flatMap((each, at) => [named[at]?.perS ?? 0, ...each]);
    const asking = redis.eval(LEASE, keys.length, ...keys, self, WORKER_MS, ...values);
    try {
      const answer = await unlessAwayFor(TIMEOUT_MS, asking);
      if (answer === undefined) return undefined;
      if (!isNumbers(answer)) throw new TypeError('Redis answers a lease with numbers');
      const [workers = 1, ...granted] = answer;
      this.#workers = workers;
      return granted;
    } catch (error) {
      log.error('leases could not be fetched', { error });
      return undefined;
    }
  }
}

interface Named {
  readonly key: string;
  readonly perS: number;
  readonly bucket: Bucket;
}

function listNamed(kind: string, buckets: ReadonlyMap<string, Bucket>): Named[] {
  return [...buckets].map(([name, bucket]) => {
    const hash = createHash('sha256').update(name).digest('base64url');
    return { key: `${kind}:${hash}`, perS: bucket.perS, bucket };
  });
}

function isNumbers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'number');
}
