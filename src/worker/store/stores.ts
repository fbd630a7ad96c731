import type { Redis } from 'ioredis';
import type { Client } from 'pg';
import type Pool from 'pg-pool';

import type { DependencyReport } from '../../shared/ipc.ts';
import type { Bus, EventLog, Leases, Workers } from '../domain/bus.ts';
import type { Sessions } from '../domain/session.ts';
import { RedisBus } from './bus.ts';
import { type Dependency, probe } from './dependency.ts';
import { RedisEventLog } from './event-log.ts';
import { RedisLeases } from './leases.ts';
import { openPool } from './pool.ts';
import type { ReachOptions } from './reach.ts';
import { openRedis } from './redis.ts';
import { SessionCache } from './session-cache.ts';
import { StoredSessions } from './sessions.ts';
import { RedisWorkers } from './workers.ts';

/** Streams and calls that wait for word of others: more than a worker has sockets. */
const TOPICS_MAX = 50_000;
/** How long it is worth while to come back for what was missed. */
const EVENTS_TTL_MS = 600_000;

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
  readonly bus: Bus;
  readonly eventLog: EventLog;
  readonly workers: Workers;
  readonly leases: Leases;
  /** To be asked only once the database has been migrated. */
  readonly sessions: Sessions;
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
  const { pool } = postgres;
  const { redis } = cache;
  const { log } = reach;
  const prefix = `holdfast:${redis.options.db ?? 0}:`;
  const bus = opened.use(await RedisBus.open({ redis, prefix, topicsMax: TOPICS_MAX, log }));
  const workers = opened.use(await RedisWorkers.open({ redis, prefix, now: monotonic, log }));
  const kept = opened.move();
  return {
    pool,
    redis,
    bus,
    eventLog: new RedisEventLog({ redis, bus, prefix, ttlMs: EVENTS_TTL_MS, log }),
    workers,
    leases: new RedisLeases({ redis, prefix, log }),
    sessions: new StoredSessions(pool, new SessionCache(redis, prefix)),
    probe: (timeoutMs) => Promise.all(dependencies.map((asked) => probe(asked, timeoutMs))),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** A clock that never goes back. */
function monotonic(): number {
  return performance.now();
}
