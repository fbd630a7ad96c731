import { randomUUID } from 'node:crypto';

import type { Redis } from 'ioredis';

import type { Logger } from '../../shared/logger.ts';
import { unlessAwayFor } from './redis-away.ts';

/** A Redis that takes longer counts as away: the work may be done sooner. */
const ANSWER_MS = 300;
/** Who does the work and was killed is waited for so long. */
const LEASE_MS = 5_000;
const PROLONG_MS = 1_500;
/** For so long it is known that there is nothing to wait for. */
const NOTHING_MS = 1_000;
const NOTHING = 'nothing';

/** Answers the value if it is fresh, 1 if the lease is ours now, and 0 if it is another's. */
const TAKE = `
  if redis.call('pttl', KEYS[2]) > tonumber(ARGV[3]) then return redis.call('get', KEYS[2]) end
  if redis.call('exists', KEYS[1]) == 1 then return 0 end
  redis.call('set', KEYS[1], ARGV[1], 'px', ARGV[2])
  return 1`;
const PROLONG = `
  if redis.call('get', KEYS[1]) ~= ARGV[1] then return 0 end
  return redis.call('pexpire', KEYS[1], ARGV[2])`;
/** A lease is taken away where the value is set or deleted meanwhile: what was made of the old is not wanted. */
const KEEP = `
  if redis.call('get', KEYS[1]) ~= ARGV[1] then return 0 end
  redis.call('set', KEYS[2], ARGV[2], 'px', ARGV[3])
  return redis.call('del', KEYS[1])`;
/** In one step: in between, what is being made could still be kept. */
const PUT = `
  redis.call('set', KEYS[2], ARGV[1], 'px', ARGV[2])
  return redis.call('del', KEYS[1])`;
const RENOUNCE = `
  if redis.call('get', KEYS[1]) ~= ARGV[1] then return 0 end
  redis.call('set', KEYS[1], ARGV[2], 'px', ARGV[3])
  return 1`;
const LEAVE = `
  if redis.call('get', KEYS[1]) ~= ARGV[1] then return 0 end
  return redis.call('del', KEYS[1])`;

export interface KeptValuesOptions {
  readonly redis: Redis;
  /** Begins the name of each key. */
  readonly prefix: string;
  readonly log: Logger;
}

/** How long a value is kept: so long fresh, and so long after that. */
interface Lifetime {
  readonly ttlMs: number;
  readonly staleMs: number;
}

/** What is kept under a key. */
export interface Kept {
  readonly text: string;
  readonly isFresh: boolean;
}

/**
 * The right to make what is not kept, until it is given back in one of three ways, of which the first counts. None of them
 * rejects; what they do is lost while Redis is away.
 */
export interface MakingLease {
  /** Keeps what was made. */
  keep(text: string, lifetime: Lifetime): Promise<void>;
  /** Lets those who wait know that there will be nothing for them. */
  renounce(): Promise<void>;
  /** Lets another make it. */
  leave(): Promise<void>;
}

/** What is known of a key for which somebody else has the lease. */
export type Awaited =
  | { readonly kind: 'kept'; readonly text: string }
  | { readonly kind: 'making' }
  /** Nothing is kept of what was made. */
  | { readonly kind: 'renounced' }
  /** Nobody makes it. */
  | { readonly kind: 'nobody' };

/** Texts in Redis, each for a while, and who may make them. Whatever it answers, `undefined` means that Redis is away, or slow. */
export class KeptValues {
  readonly #options: KeptValuesOptions;

  constructor(options: KeptValuesOptions) {
    this.#options = options;
  }

  /** What is kept; `null`, if nothing is. */
  async find(key: string, staleMs: number): Promise<Kept | null | undefined> {
    const { redis } = this.#options;
    const name = this.#valueOf(key);
    // By the clock of Redis, since those of machines differ. Sent together, they are one way there and back.
    const left = staleMs === 0 ? Promise.resolve(1) : redis.pttl(name);
    const found = await this.#ask(Promise.all([redis.get(name), left]));
    if (found === undefined) return undefined;
    const [text, leftMs] = found;
    return text === null ? null : { text, isFresh: leftMs > staleMs };
  }

  /** Takes the lease. A text, if one is kept by now that is fresh; `null`, if another has the lease. */
  async take(key: string, staleMs: number): Promise<MakingLease | string | null | undefined> {
    const { redis } = this.#options;
    const token = randomUUID();
    const names = [this.#leaseOf(key), this.#valueOf(key)] as const;
    const taken = await this.#ask(redis.eval(TAKE, 2, ...names, token, LEASE_MS, staleMs));
    if (taken === undefined || typeof taken === 'string') return taken;
    return taken === 1 ? this.#hold(key, token) : null;
  }

  /** What became of what another makes. */
  async look(key: string): Promise<Awaited | undefined> {
    const { redis } = this.#options;
    const found = await this.#ask(redis.mget(this.#valueOf(key), this.#leaseOf(key)));
    if (found === undefined) return undefined;
    const [text = null, holder = null] = found;
    if (text !== null) return { kind: 'kept', text };
    if (holder === null) return { kind: 'nobody' };
    return { kind: holder === NOTHING ? 'renounced' : 'making' };
  }

  /** Whatever is being made meanwhile is not kept. */
  async put(key: string, text: string, ttlMs: number): Promise<void> {
    const { redis } = this.#options;
    const names = [this.#leaseOf(key), this.#valueOf(key)] as const;
    await this.#ask(redis.eval(PUT, 2, ...names, text, ttlMs));
  }

  /** Whatever is being made meanwhile is not kept. */
  async remove(key: string): Promise<void> {
    await this.#ask(this.#options.redis.del(this.#valueOf(key), this.#leaseOf(key)));
  }

  #hold(key: string, token: string): MakingLease {
    const { redis } = this.#options;
    const lease = this.#leaseOf(key);
    const prolonging = setInterval(() => {
      void this.#ask(redis.eval(PROLONG, 1, lease, token, LEASE_MS));
    }, PROLONG_MS).unref();
    let isOver = false;
    const end = async (asked: () => Promise<unknown>): Promise<void> => {
      if (isOver) return;
      isOver = true;
      clearInterval(prolonging);
      await this.#ask(asked());
    };
    return {
      keep: (text, { ttlMs, staleMs }) =>
        end(() => redis.eval(KEEP, 2, lease, this.#valueOf(key), token, text, ttlMs + staleMs)),
      renounce: () => end(() => redis.eval(RENOUNCE, 1, lease, token, NOTHING, NOTHING_MS)),
      leave: () => end(() => redis.eval(LEAVE, 1, lease, token)),
    };
  }

  /** What is wrong in Redis costs a call nothing but the work. */
  async #ask<Answer>(asked: Promise<Answer>): Promise<Answer | undefined> {
    try {
      return await unlessAwayFor(ANSWER_MS, asked);
    } catch (error) {
      this.#options.log.error('cache could not be asked', { error });
      return undefined;
    }
  }

  #valueOf(key: string): string {
    return `${this.#options.prefix}kept:${key}`;
  }

  #leaseOf(key: string): string {
    return `${this.#options.prefix}making:${key}`;
  }
}
