/** Whole workers without their processes: real sockets, Postgres and Redis, and all that stands between. */
import { Redis } from 'ioredis';
import { Client } from 'pg';

import { readConfig } from '../../src/shared/config.ts';
import { keepSecret, makeApiKey } from '../../src/worker/auth/api-key.ts';
import { Catalogues } from '../../src/worker/catalogues.ts';
import { METHOD_NAMES } from '../../src/worker/methods/methods.ts';
import { HealthCheck } from '../../src/worker/observe/health.ts';
import { WorkerMetrics } from '../../src/worker/observe/metrics.ts';
import { MountedCounts } from '../../src/worker/observe/mounted.ts';
import { openService } from '../../src/worker/open-service.ts';
import { createKey } from '../../src/worker/store/api-keys.ts';
import { migrateHoldfast } from '../../src/worker/store/migrate.ts';
import { openStores } from '../../src/worker/store/stores.ts';
import { createDatabase } from '../postgres.ts';
import { catalogueOf, noPins } from '../worker/catalogue-of.ts';
import type { Offered } from '../worker/methods/offered.ts';
import { type Line, recordLog } from '../worker/recorded-log.ts';
import { runCall } from '../worker/tools/tool-context.ts';

export interface Workers extends AsyncDisposable {
  /** Where each is found. */
  readonly ports: readonly number[];
  /** A connection to their database. */
  readonly admin: Client;
  readonly lines: readonly Line[];
  /** Makes a key, and says what to show. */
  readonly makeKey: (of: MadeKey) => Promise<{ readonly id: string; readonly text: string }>;
  /** How often a bound was reached, at all of them. */
  readonly refusals: (limit: string) => Promise<number>;
}

interface MadeKey {
  readonly principal: string;
  readonly scopes?: readonly string[];
  readonly expiresAt?: Date;
}

const REDIS_DATABASE = 7;
const DRAIN = { type: 'drain', deadlineMs: 100, jitterMs: 0, reason: 'stop' } as const;

/** Opens as many as `count`, which ask everybody who they are, unless the environment says otherwise. */
export async function openWorkers(
  offered: Offered,
  env: Readonly<Record<string, string>> = {},
  count = 1,
): Promise<Workers> {
  await using opened = new AsyncDisposableStack();
  const database = opened.use(await createDatabase());
  // A database of its own, and empty: what was counted of this address is of other tests.
  const redisUrl = new URL(`/${REDIS_DATABASE}`, process.env.TEST_REDIS_URL).href;
  const redis = new Redis(redisUrl);
  await redis.flushdb();
  redis.disconnect();
  const config = readConfig(
    {
      HOME: '/nonexistent',
      MCP_AUTH: 'required',
      MCP_PORT: '0',
      DATABASE_URL: database.url,
      REDIS_URL: redisUrl,
      ...env,
    },
    '/nonexistent',
  );
  const admin = new Client({ connectionString: database.url });
  await admin.connect();
  opened.defer(() => admin.end());
  const { log, lines } = recordLog();
  const ownLog = {
    ...log,
    reopenFile() {},
    destinations: [],
    made: { level: 'error', file: undefined, human: false, redact: String, fields: {} },
  } as const;
  await migrateHoldfast(admin, '1.0.0', log);
  const metrics: WorkerMetrics[] = [];
  const ports: number[] = [];
  while (ports.length < count) {
    // oxlint-disable-next-line no-await-in-loop -- a few, once
    const stores = await openStores({
      databaseUrl: database.url,
      redisUrl,
      connectionsMax: 5,
      sessions: config.sessions,
      deadlineMs: 10_000,
      report: () => undefined,
      log,
    });
    opened.use(stores);
    // oxlint-disable-next-line no-await-in-loop -- as above
    const catalogues = await Catalogues.open('first', {
      load: async () => catalogueOf(offered),
      pins: noPins,
      prepareMsMax: 1_000,
      log,
    });
    opened.use(catalogues);
    const observer = new WorkerMetrics({
      heldBack: () => 0,
      mounted: new MountedCounts(),
      methods: METHOD_NAMES,
      isTool: (name) => catalogues.tools.find(name) !== undefined,
      pool: () => stores.pool,
      vitals: () => ({ utilization: 0, loopDelayP99Ms: 0, rssBytes: 1, heapUsedBytes: 1 }),
    });
    metrics.push(observer);
    // oxlint-disable-next-line no-await-in-loop -- as above
    const serving = await openService({
      config,
      version: '1.0.0',
      stores,
      catalogues,
      health: new HealthCheck(),
      observer,
      runCall,
      log: ownLog,
    });
    opened.use(serving);
    opened.defer(async () => {
      await serving.service.drain(DRAIN);
    });
    ports.push(serving.service.port);
  }
  const kept = opened.move();
  return {
    ports,
    admin,
    lines,
    async makeKey({ principal, scopes, expiresAt }) {
      const { id, secret, text } = makeApiKey();
      await createKey(admin, { id, principal, scopes, expiresAt, ...keepSecret(secret) });
      return { id, text };
    },
    async refusals(limit) {
      const read = await Promise.all(metrics.map((observer) => observer.read()));
      return read
        .flat()
        .filter(({ name }) => name === 'mcp_limit_refusals_total')
        .flatMap(({ values }) => values)
        .filter(({ labels }) => labels.limit === limit)
        .reduce((sum, { value }) => sum + value, 0);
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}
