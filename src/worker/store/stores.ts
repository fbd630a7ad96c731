import type { Redis } from 'ioredis';
import type { Client } from 'pg';
import type Pool from 'pg-pool';

import type { DependencyReport } from '../../shared/ipc.ts';
import type { Bus, EventLog, Leases, Workers } from '../domain/bus.ts';
import type { ResultCache } from '../domain/result-cache.ts';
import type { Sessions } from '../domain/session.ts';
import { RedisBus } from './bus.ts';
import { type Dependency, probe } from './dependency.ts';
import { EndedSessions } from './ended-sessions.ts';
import { RedisEventLog } from './event-log.ts';
import { RedisLeases } from './leases.ts';
import { LiveSessions } from './live-sessions.ts';
import { monotonic } from './monotonic.ts';
import { openPool } from './pool.ts';
import type { ReachOptions } from './reach.ts';
import { openRedis, prefixOf } from './redis.ts';
import { openResultCache } from './result-cache.ts';
import { SessionCache } from './session-cache.ts';
import { StoredSessions } from './sessions.ts';
import { ToolCaches } from './tool-cache.ts';
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
  readonly sessions: {
    /** How long one over HTTP may be quiet. */
    readonly ttlMs: number;
    /** How many of these one principal may have open. */
    readonly ofOneMax: number;
  };
}

/** What a worker keeps things in. */
export interface Stores extends AsyncDisposable {
  readonly pool: Pool<Client>;
  readonly redis: Redis;
  /** Begins the name of each key of Redis. */
  readonly prefix: string;
  readonly bus: Bus;
  readonly eventLog: EventLog;
  readonly workers: Workers;
  readonly leases: Leases;
  /** What tools answered. */
  readonly results: ResultCache;
  /** What tools keep. */
  readonly toolCaches: ToolCaches;
  /** To be asked only once the database has been migrated. */
  readonly sessions: Sessions;
  /** The sessions that something goes on in here, and those that operators end: for whoever keeps sessions. */
  readonly live: LiveSessions;
  readonly ended: EndedSessions;
  /** Asks each how it is, once. Never rejects. */
  readonly probe: (timeoutMs: number) => Promise<readonly DependencyReport[]>;
}

/** Opens Postgres and Redis, and waits for both to answer. */
export async function openStores(options: StoresOptions): Promise<Stores> {
  const { databaseUrl, redisUrl, connectionsMax, sessions, ...reach } = options;
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
  const prefix = prefixOf(redis);
  const bus = opened.use(await RedisBus.open({ redis, prefix, topicsMax: TOPICS_MAX, log }));
  const workers = opened.use(await RedisWorkers.open({ redis, prefix, now: monotonic, log }));
  const leases = opened.use(await RedisLeases.open({ redis, bus, prefix, log }));
  const { ttlMs } = sessions;
  const live = opened.use(new LiveSessions({ pool, ttlMs, log }));
  const sessionCache = new SessionCache({ redis, prefix, ttlMs: live.everyMs });
  const ended = opened.use(new EndedSessions({ pool, cache: sessionCache, now: monotonic, log }));
  const results = opened.use(openResultCache({ redis, prefix, log }));
  const toolCaches = opened.use(new ToolCaches({ redis, prefix, log }));
  const kept = opened.move();
  return {
    pool,
    redis,
    prefix,
    bus,
    eventLog: new RedisEventLog({ redis, bus, prefix, ttlMs: EVENTS_TTL_MS, log }),
    workers,
    leases,
    results,
    toolCaches,
    sessions: new StoredSessions({ pool, cache: sessionCache, live, ended, ...sessions }),
    live,
    ended,
    probe: (timeoutMs) => Promise.all(dependencies.map((asked) => probe(asked, timeoutMs))),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}
