import type { Redis } from 'ioredis';
import type { Client } from 'pg';
import type Pool from 'pg-pool';

import type { DependencyReport } from '../../shared/ipc.ts';
import { type Dependency, probe } from './dependency.ts';
import { openPool } from './pool.ts';
import type { ReachOptions } from './reach.ts';
import { openRedis } from './redis.ts';

export interface StoresOptions extends ReachOptions {
  readonly databaseUrl: string;
  readonly redisUrl: string;
  /** Postgres connections of this worker. */
  readonly connectionsMax: number;
}

/** What a worker keeps things in. */
export interface Stores extends AsyncDisposable {
  readonly pool: Pool<Client>;
  readonly redis: Redis;
  /** Asks each how it is, once. Never rejects. */
  readonly probe: (timeoutMs: number) => Promise<readonly DependencyReport[]>;
}

/** Opens Postgres and Redis, and waits for both to answer. */
export async function openStores(options: StoresOptions): Promise<Stores> {
  const { databaseUrl, redisUrl, connectionsMax, ...reach } = options;
  await using opened = new AsyncDisposableStack();
  // Both at the same time: who waits for one shall see that the other is away too.
  const [postgres, cache] = await Promise.all([
    openPool({ url: databaseUrl, connectionsMax, ...reach }),
    openRedis({ url: redisUrl, ...reach }),
  ]);
  opened.use(postgres);
  opened.use(cache);
  const dependencies: readonly Dependency[] = [postgres.dependency, cache.dependency];
  const kept = opened.move();
  return {
    pool: postgres.pool,
    redis: cache.redis,
    probe: (timeoutMs) => Promise.all(dependencies.map((asked) => probe(asked, timeoutMs))),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}
