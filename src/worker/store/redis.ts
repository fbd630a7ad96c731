import { Redis } from 'ioredis';

import type { Dependency } from './dependency.ts';
import { addressOf } from './pool.ts';
import { type ReachOptions, untilReachable } from './reach.ts';

const CONNECT_TIMEOUT_MS = 5_000;
const COMMAND_TIMEOUT_MS = 2_000;
/** A connection may be dead without a word: one that owes us an answer for so long is given up. */
const SILENCE_MS = 3_000;
const RECONNECT_MAX_MS = 2_000;

export interface RedisOptions extends ReachOptions {
  readonly url: string;
}

/** A connection, and how to find out whether its Redis works. */
export interface OpenRedis extends Disposable {
  readonly redis: Redis;
  readonly dependency: Dependency;
}

/** Opens the connection once Redis has really answered. When it is lost later, it comes back by itself, and commands meanwhile fail at once. */
export async function openRedis({ url, ...reach }: RedisOptions): Promise<OpenRedis> {
  let serves = false;
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    commandTimeout: COMMAND_TIMEOUT_MS,
    socketTimeout: SILENCE_MS,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    // Until it serves, `untilReachable` tries again, and counts.
    retryStrategy: (attempt) => (serves ? Math.min(attempt * 100, RECONNECT_MAX_MS) : null),
  });
  // `connect` rejects with "Connection is closed."; why is said here alone.
  let reason: Error | undefined;
  redis.on('error', (error: Error) => {
    reason = error;
    reach.log.debug('redis connection failed', { error });
  });
  redis.on('ready', () => {
    reason = undefined;
  });
  const dependency: Dependency = {
    name: 'redis',
    required: false,
    address: addressOf(url),
    variable: 'REDIS_URL',
    ask: async () => {
      try {
        if (!serves && redis.status !== 'ready') await redis.connect();
        await redis.ping();
      } catch (error) {
        throw reason ?? error;
      }
    },
  };
  const disconnect = (): void => {
    redis.disconnect();
  };
  try {
    await untilReachable(dependency, reach);
  } catch (error) {
    disconnect();
    throw error;
  }
  serves = true;
  return { redis, dependency, [Symbol.dispose]: disconnect };
}
