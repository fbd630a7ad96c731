import { randomUUID } from 'node:crypto';

import type { Redis } from 'ioredis';

import type { Logger } from '../../shared/logger.ts';
import type { Leases } from '../domain/bus.ts';
import { unlessAway } from './redis-away.ts';

/** The lease of a worker that was killed is free after so long. */
const TTL_MS = 15_000;
const REFRESH_MS = 5_000;

export interface LeasesOptions {
  readonly redis: Redis;
  /** Begins the name of each key. */
  readonly prefix: string;
  readonly log: Logger;
}

/** Each lease is a key of Redis that its holder keeps alive, with a value that nobody else has. */
export class RedisLeases implements Leases {
  readonly #options: LeasesOptions;

  constructor(options: LeasesOptions) {
    this.#options = options;
  }

  async take(
    name: string,
    { takeAway, lost }: { readonly takeAway: boolean; readonly lost: () => void },
  ): Promise<AsyncDisposable | undefined> {
    const { redis, prefix } = this.#options;
    const key = `${prefix}lease:${name}`;
    const ours = randomUUID();
    const taking = takeAway
      ? redis.set(key, ours, 'PX', TTL_MS)
      : redis.set(key, ours, 'PX', TTL_MS, 'NX');
    if ((await unlessAway(taking)) === null) return undefined;

    const refresh = async (): Promise<void> => {
      const holder = await unlessAway(redis.get(key));
      if (holder === undefined) return;
      // It ran out while Redis was away: whoever is first has it.
      const kept =
        holder === null
          ? await unlessAway(redis.set(key, ours, 'PX', TTL_MS, 'NX'))
          : holder === ours && (await unlessAway(redis.pexpire(key, TTL_MS)));
      if (kept !== false && kept !== null) return;
      clearInterval(refreshing);
      lost();
    };
    const refreshing = setInterval(() => {
      refresh().catch((error: unknown) => {
        this.#options.log.error('lease was not kept', { error });
      });
    }, REFRESH_MS).unref();
    return {
      async [Symbol.asyncDispose]() {
        clearInterval(refreshing);
        if ((await unlessAway(redis.get(key))) === ours) await unlessAway(redis.del(key));
      },
    };
  }
}
