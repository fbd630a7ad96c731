import { createHash } from 'node:crypto';

import type { Redis } from 'ioredis';
import type { RateLimiterAbstract } from 'rate-limiter-flexible';
// Its main entrance reads the 30 files of all databases that it knows.
import RateLimiterMemory from 'rate-limiter-flexible/lib/RateLimiterMemory.js';
import RateLimiterRedis from 'rate-limiter-flexible/lib/RateLimiterRedis.js';
import RateLimiterRes from 'rate-limiter-flexible/lib/RateLimiterRes.js';
import RLWrapperTimeouts from 'rate-limiter-flexible/lib/RLWrapperTimeouts.js';

import type { Logger } from '../../shared/logger.ts';
import type { Attempts } from '../domain/limits.ts';
import { isAway } from './redis-away.ts';

export interface RedisAttemptsOptions {
  readonly redis: Redis;
  /** Begins the name of each key. */
  readonly prefix: string;
  /** What is attempted: a word that no other attempts have. */
  readonly what: string;
  /** Attempts in a minute, which begins with the first. */
  readonly perMin: number;
  readonly log: Logger;
}

const MINUTE_S = 60;
/** A Redis that takes longer counts as away: somebody waits. */
const TIMEOUT_MS = 300;
/** Characters of a name by which those are told apart who are counted by one worker alone: 262,144 at most, so that the memory for them is bounded. */
const LOCAL_NAME_LENGTH = 3;
/** Refused ones that are remembered. Of more the first are looked up again. */
const REFUSED_MAX = 10_000;

/**
 * Attempts, counted in Redis for all workers. While it is away each worker counts what it sees itself, and allows as much as all
 * together may; who was refused before stays refused. Keys hold a hash of who it is.
 */
export class RedisAttempts implements Attempts {
  readonly #shared: RateLimiterAbstract;
  readonly #local: RateLimiterAbstract;
  readonly #log: Logger;
  /** Until when. Who is in here costs Redis nothing; what the package itself remembers has no bound, and cannot be looked at. */
  readonly #refused = new Map<string, number>();

  constructor({ redis, prefix, what, perMin, log }: RedisAttemptsOptions) {
    const options = { points: perMin, duration: MINUTE_S };
    const keyPrefix = `${prefix}attempts:${what}`;
    const limiter = new RateLimiterRedis({ ...options, storeClient: redis, keyPrefix });
    this.#shared = new RLWrapperTimeouts({ limiter, timeoutMs: TIMEOUT_MS });
    this.#local = new RateLimiterMemory(options);
    this.#log = log;
  }

  async take(who: string): Promise<number> {
    const name = createHash('sha256').update(who).digest('base64url');
    const now = performance.now();
    const until = this.#refused.get(name) ?? now;
    if (until > now) return Math.ceil(until - now);
    this.#refused.delete(name);
    const waitMs = await consume(this.#shared, name).catch((error: unknown) => {
      if (!isAway(error)) this.#log.error('attempt could not be counted', { error });
      return consume(this.#local, name.slice(0, LOCAL_NAME_LENGTH));
    });
    if (waitMs > 0) this.#remember(name, now + waitMs);
    return waitMs;
  }

  #remember(name: string, until: number): void {
    const [oldest] = this.#refused.keys();
    if (this.#refused.size >= REFUSED_MAX && oldest !== undefined) this.#refused.delete(oldest);
    this.#refused.set(name, until);
  }
}

/** Resolves with how long to wait, if it is one too many. */
async function consume(limiter: RateLimiterAbstract, name: string): Promise<number> {
  try {
    await limiter.consume(name);
    return 0;
  } catch (thrown) {
    if (!(thrown instanceof RateLimiterRes)) throw thrown;
    return Math.max(1, Math.ceil(thrown.msBeforeNext));
  }
}
