/** MCP at two workers that share a real Postgres and Redis, in this process. */
import { silent } from '../../../src/shared/logger.ts';
import type { Sessions } from '../../../src/worker/domain/session.ts';
import { RedisEventLog } from '../../../src/worker/store/event-log.ts';
import { RedisLeases } from '../../../src/worker/store/leases.ts';
import { RedisWorkers } from '../../../src/worker/store/workers.ts';
import type { Offered } from '../methods/offered.ts';
import { makePrefix } from '../store/connected.ts';
import { openService } from '../store/session-service.ts';
import { type ServedMcp, serveMcp } from './mcp-served.ts';

/** One of them. */
export interface SharingWorker {
  readonly served: ServedMcp;
  readonly log: RedisEventLog;
  readonly sessions: Sessions;
  /** Resolves when all sessions over its sockets are written. */
  readonly flush: () => Promise<boolean>;
}

/** Opens both. `admin` is a connection to their Postgres. */
export async function openTwo(offered: Offered) {
  await using opened = new AsyncDisposableStack();
  const service = opened.use(await openService());
  const prefix = makePrefix();
  const open = async (): Promise<SharingWorker> => {
    const { redis, bus, sessions, sockets } = await service.work();
    const own = { redis, bus, prefix, log: silent };
    const log = new RedisEventLog({ ...own, ttlMs: 60_000 });
    const workers = opened.use(await RedisWorkers.open({ ...own, now: () => performance.now() }));
    const leases = opened.use(await RedisLeases.open(own));
    const shared = { sessions, socketSessions: sockets, bus, workers, leases, log };
    const served = opened.use(await serveMcp(offered, { openMax: 200 }, shared));
    return { served, log, sessions, flush: () => sockets.flush() };
  };
  const workers: readonly [SharingWorker, SharingWorker] = [await open(), await open()];
  const kept = opened.move();
  return { workers, admin: service.admin, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}
