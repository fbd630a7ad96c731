import type { Redis } from 'ioredis';
import type { Client } from 'pg';
import type Pool from 'pg-pool';

import type { Logger } from '../../shared/logger.ts';
import { openPool } from './pool.ts';
import { openRedis } from './redis.ts';

export interface StoresOptions {
  readonly databaseUrl: string;
  readonly redisUrl: string;
  /** Postgres connections of this worker. */
  readonly connectionsMax: number;
  /** How long either may be away now, at the start. */
  readonly deadlineMs: number;
  readonly log: Logger;
}

/** What a worker keeps things in. */
export interface Stores extends AsyncDisposable {
  readonly pool: Pool<Client>;
  readonly redis: Redis;
}

/** Opens Postgres and Redis, and waits for both to answer. */
export async function openStores(options: StoresOptions): Promise<Stores> {
  const { databaseUrl, redisUrl, connectionsMax, deadlineMs, log } = options;
  await using opened = new AsyncDisposableStack();
  const pool = await openPool({ url: databaseUrl, connectionsMax, deadlineMs, log });
  opened.defer(() => pool.end());
  const redis = await openRedis({ url: redisUrl, deadlineMs, log });
  opened.defer(() => {
    redis.disconnect();
  });
  const kept = opened.move();
  return { pool, redis, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}
