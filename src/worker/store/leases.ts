import { randomUUID } from 'node:crypto';

import type { Redis } from 'ioredis';

import type { Logger } from '../../shared/logger.ts';
import { isShaped, isString } from '../../shared/shape.ts';
import type { Bus, Leases } from '../domain/bus.ts';
import { unlessAway } from './redis-away.ts';

/** The lease of a worker that was killed is free after so long. */
const TTL_MS = 15_000;
const REFRESH_MS = 5_000;
const TOPIC = 'leases';

const isWord = isShaped({ name: isString });

export interface LeasesOptions {
  readonly redis: Redis;
  readonly bus: Bus;
  /** Begins the name of each key. */
  readonly prefix: string;
  readonly log: Logger;
}

/**
 * Each lease is a key of Redis that its holder keeps alive, with a value that nobody else has. Who takes one away says so
 * on the bus; whoever does not hear it finds out when it refreshes.
 */
export class RedisLeases implements Leases, Disposable {
  readonly #options: LeasesOptions;
  /** What looks after each that is held here. One that was taken away from here to here is held twice for a moment. */
  readonly #held = new Map<string, Set<() => void>>();
  #listening: Disposable | undefined;

  private constructor(options: LeasesOptions) {
    this.#options = options;
  }

  /** Begins to hear of what is taken away. */
  static async open(options: LeasesOptions): Promise<RedisLeases> {
    const leases = new RedisLeases(options);
    leases.#listening = await options.bus.listen(TOPIC, (message) => {
      if (!isWord(message)) return;
      for (const look of leases.#held.get(message.name) ?? []) look();
    });
    return leases;
  }

  async take(
    name: string,
    { takeAway, lost }: { readonly takeAway: boolean; readonly lost: () => void },
  ): Promise<AsyncDisposable | undefined> {
    const { redis, bus, prefix, log } = this.#options;
    const key = `${prefix}lease:${name}`;
    const ours = randomUUID();
    const taking = takeAway
      ? redis.set(key, ours, 'PX', TTL_MS)
      : redis.set(key, ours, 'PX', TTL_MS, 'NX');
    if ((await unlessAway(taking)) === null) return undefined;
    if (takeAway) await bus.publish(TOPIC, { name });

    const refresh = async (): Promise<void> => {
      const holder = await unlessAway(redis.get(key));
      // Given up meanwhile, it is not to be taken again.
      if (holder === undefined || this.#held.get(name)?.has(look) !== true) return;
      // It ran out while Redis was away: whoever is first has it.
      const kept =
        holder === null
          ? await unlessAway(redis.set(key, ours, 'PX', TTL_MS, 'NX'))
          : holder === ours && (await unlessAway(redis.pexpire(key, TTL_MS)));
      if (kept !== false && kept !== null) return;
      if (stop()) lost();
    };
    const look = (): void => {
      refresh().catch((error: unknown) => {
        log.error('lease was not kept', { error });
      });
    };
    const refreshing = setInterval(look, REFRESH_MS).unref();
    this.#held.set(name, (this.#held.get(name) ?? new Set()).add(look));
    const stop = (): boolean => {
      clearInterval(refreshing);
      const looks = this.#held.get(name);
      const isHeld = looks?.delete(look) ?? false;
      if (looks?.size === 0) this.#held.delete(name);
      return isHeld;
    };
    // Another may have taken it away before this one was looked after.
    look();
    return {
      async [Symbol.asyncDispose]() {
        stop();
        try {
          if ((await unlessAway(redis.get(key))) === ours) await unlessAway(redis.del(key));
        } catch (error) {
          // It runs out by itself, and whoever gives it up may be gone.
          log.error('lease was not given up', { error });
        }
      },
    };
  }

  [Symbol.dispose](): void {
    this.#listening?.[Symbol.dispose]();
  }
}
