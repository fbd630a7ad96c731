import { Redis } from 'ioredis';

import type { Dependency } from './dependency.ts';
import { serverOf } from './pool.ts';
import { type ReachOptions, untilReachable } from './reach.ts';

const CONNECT_TIMEOUT_MS = 5_000;
/** Less than the time of silence: what Redis said before it fell silent is known by then, and may be the reason. */
const COMMAND_TIMEOUT_MS = 1_000;
/**
 * A connection may be dead without a word: one that owes us an answer for so long is given up, and with it whatever
 * waits for it. From then on commands fail at once, until another connection has really been let in.
 */
const SILENCE_MS = 1_500;
/** What changed meanwhile is to be caught up within a second of its return. */
const RECONNECT_MAX_MS = 400;
/** Each command that a replica refuses would break the connection again. */
const FAILOVER_MS = 1_000;
const PROBE_TTL_MS = 10_000;

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
  let failedOverAt = Number.NEGATIVE_INFINITY;
  // While there is no connection, all that is asked fails because there is none; why is said once.
  let reason: Error | undefined;
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    commandTimeout: COMMAND_TIMEOUT_MS,
    socketTimeout: SILENCE_MS,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    // Until it serves, `untilReachable` tries again, and counts.
    // After a failover our connection may still lead to what is a replica now.
    reconnectOnError: (error) => {
      const now = performance.now();
      if (!error.message.startsWith('READONLY') || now - failedOverAt < FAILOVER_MS) return false;
      failedOverAt = now;
      reason = error;
      return true;
    },
    retryStrategy: (attempt) => (serves ? Math.min(attempt * 100, RECONNECT_MAX_MS) : null),
  });
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
    address: serverOf(url),
    variable: 'REDIS_URL',
    ask: async () => {
      try {
        if (!serves && redis.status !== 'ready') await redis.connect();
        // One that is full or a replica would answer a PING.
        await redis.set(`${prefixOf(redis)}probe`, '1', 'PX', PROBE_TTL_MS);
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

/** What the name of each key and channel begins with: Redis has the same channels in all its databases. */
export function prefixOf({ options }: Redis): string {
  return `holdfast:${options.db ?? 0}:`;
}
