import { randomUUID } from 'node:crypto';

import type { Redis } from 'ioredis';

import type { Logger } from '../../shared/logger.ts';
import type { Workers } from '../domain/bus.ts';
import { unlessAway } from './redis-away.ts';

const TTL_MS = 10_000;
const REFRESH_MS = 3_000;
/** A Redis that was away may have forgotten all of us: in so long each that lives has connected and said so again. */
const GRACE_MS = 5_000;

export interface WorkersOptions {
  readonly redis: Redis;
  /** Begins the name of each key. */
  readonly prefix: string;
  /** A clock that never goes back, in milliseconds. */
  readonly now: () => number;
  readonly log: Logger;
}

/** Each worker keeps a key of Redis alive. One that hangs for ten seconds counts as gone: its supervisor is about to end it. */
export class RedisWorkers implements Workers, AsyncDisposable {
  readonly self = randomUUID();
  readonly #options: WorkersOptions;
  readonly #refreshing: NodeJS.Timeout;
  /** Since when Redis has been there without a break. */
  #connectedAt: number;

  private constructor(options: WorkersOptions) {
    this.#options = options;
    this.#connectedAt = options.now();
    this.#refreshing = setInterval(this.#refresh, REFRESH_MS).unref();
    options.redis.on('ready', this.#reconnected);
  }

  /** Resolves when the others find this one, or Redis is away. */
  static async open(options: WorkersOptions): Promise<RedisWorkers> {
    const workers = new RedisWorkers(options);
    await workers.#say();
    return workers;
  }

  async isAlive(worker: string): Promise<boolean | undefined> {
    if (worker === this.self) return true;
    const { redis, now } = this.#options;
    const found = await unlessAway(redis.exists(this.#keyOf(worker)));
    if (found === undefined) return undefined;
    if (found > 0) return true;
    return now() - this.#connectedAt < GRACE_MS ? undefined : false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#refreshing);
    const { redis } = this.#options;
    redis.off('ready', this.#reconnected);
    await unlessAway(redis.del(this.#keyOf(this.self)));
  }

  readonly #reconnected = (): void => {
    this.#connectedAt = this.#options.now();
    this.#refresh();
  };

  readonly #refresh = (): void => {
    this.#say().catch((error: unknown) => {
      this.#options.log.error('worker was not announced', { error });
    });
  };

  async #say(): Promise<void> {
    await unlessAway(this.#options.redis.set(this.#keyOf(this.self), '1', 'PX', TTL_MS));
  }

  #keyOf(worker: string): string {
    return `${this.#options.prefix}worker:${worker}`;
  }
}
