import { randomBytes } from 'node:crypto';

import type { Session } from '../../../src/worker/domain/session.ts';
import { SessionCache } from '../../../src/worker/store/session-cache.ts';
import { StoredSessions } from '../../../src/worker/store/sessions.ts';
import { connect, makePrefix, SHARED_REDIS } from './connected.ts';
import { openMigrated } from './migrated.ts';

interface WorkerOptions {
  readonly database?: string;
  readonly redis?: string;
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
    async work({ database, redis: url = SHARED_REDIS }: WorkerOptions = {}) {
      const { redis } = opened.use(await connect({ url, prefix }));
      const cache = new SessionCache(redis, prefix);
      return { redis, cache, sessions: new StoredSessions(await migrated.pool(database), cache) };
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
