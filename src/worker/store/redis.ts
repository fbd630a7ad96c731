import { Redis } from 'ioredis';

import type { Logger } from '../../shared/logger.ts';
import { addressOf } from './pool.ts';
import { untilReachable } from './reach.ts';

const CONNECT_TIMEOUT_MS = 5_000;
const COMMAND_TIMEOUT_MS = 2_000;
const RECONNECT_MAX_MS = 2_000;

export interface RedisOptions {
  readonly url: string;
  /** How long Redis may be away now, at the start. */
  readonly deadlineMs: number;
  readonly log: Logger;
}

/** Opens the connection once Redis has really answered. When it is lost later, it comes back by itself, and commands meanwhile fail at once. */
export async function openRedis({ url, deadlineMs, log }: RedisOptions): Promise<Redis> {
  let serves = false;
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    commandTimeout: COMMAND_TIMEOUT_MS,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    // Until it serves, `untilReachable` tries again, and counts.
    retryStrategy: (attempt) => (serves ? Math.min(attempt * 100, RECONNECT_MAX_MS) : null),
  });
  // `connect` rejects with "Connection is closed."; why is said here alone.
  let reason: Error | undefined;
  redis.on('error', (error: Error) => {
    reason = error;
    log.debug('redis connection failed', { error });
  });
  const probe = async (): Promise<void> => {
    try {
      if (redis.status !== 'ready') await redis.connect();
      await redis.ping();
    } catch (error) {
      throw reason ?? error;
    }
  };
  await untilReachable(probe, {
    name: 'redis',
    address: addressOf(url),
    variable: 'REDIS_URL',
    deadlineMs,
    log,
  });
  serves = true;
  return redis;
}
