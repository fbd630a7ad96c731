import { randomBytes } from 'node:crypto';

import { type Logger, silent } from '../../../src/shared/logger.ts';
import type { Session } from '../../../src/worker/domain/session.ts';
import { EndedSessions } from '../../../src/worker/store/ended-sessions.ts';
import { LiveSessions } from '../../../src/worker/store/live-sessions.ts';
import { SessionCache } from '../../../src/worker/store/session-cache.ts';
import { StoredSessions } from '../../../src/worker/store/sessions.ts';
import { StoredSocketSessions } from '../../../src/worker/store/socket-sessions.ts';
import { connect, makePrefix, SHARED_REDIS } from './connected.ts';
import { openMigrated } from './migrated.ts';

interface WorkerOptions {
  readonly database?: string;
  readonly redis?: string;
  readonly ttlMs?: number;
  readonly ofOneMax?: number;
  readonly log?: Logger;
  readonly onLost?: (count: number) => void;
}

/** A database and a name space of Redis, and workers that share them. */
export async function openService() {
  const opened = new AsyncDisposableStack();
  const migrated = opened.use(await openMigrated());
  const prefix = makePrefix();
  return {
    admin: migrated.admin,
    url: migrated.url,
    keyOf: (id: string) => `${prefix}session:${id}`,
    async work({
      database,
      redis: url = SHARED_REDIS,
      ttlMs = 86_400_000,
      ofOneMax = 1_000,
      log = silent,
      onLost = () => undefined,
    }: WorkerOptions = {}) {
      const { redis, bus } = opened.use(await connect({ url, prefix }));
      const pool = await migrated.pool(database);
      const live = opened.use(new LiveSessions({ pool, ttlMs, log }));
      const cache = new SessionCache({ redis, prefix, ttlMs: live.everyMs });
      const ended = opened.use(
        new EndedSessions({ pool, cache, now: () => performance.now(), log }),
      );
      const shared = { pool, live, ended, log };
      const sockets = opened.use(new StoredSocketSessions({ ...shared, worker: 'worker', onLost }));
      const sessions = new StoredSessions({ ...shared, cache, ttlMs, ofOneMax });
      return { redis, bus, cache, live, ended, sockets, sessions };
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** A session with an id of its own. */
export function makeSession(given: Partial<Session> = {}): Session {
  return {
    id: randomBytes(16).toString('base64url'),
    principal: 'ann',
    revision: '2025-11-25',
    client: { name: 'käse 🧀\u2028', version: '1.0' },
    capabilities: { roots: { listChanged: true }, sampling: {}, experimental: { x: [null, 1.5] } },
    logLevel: undefined,
    subscriptions: [],
    ...given,
  };
}
