import type { Config } from '../../shared/config.ts';
import type { Logger } from '../../shared/logger.ts';
import { KeptServer } from './kept-server.ts';
import { EmbeddedPostgres } from './postgres.ts';
import { EmbeddedRecord } from './record.ts';
import { EmbeddedRedis, stopRedis } from './redis.ts';

/** Connections that are not a worker's pool: migrations, an operator, what Postgres reserves. */
const SPARE_CONNECTIONS = 20;

export interface EmbeddedOptions {
  readonly config: Pick<
    Config,
    'databaseUrl' | 'redisUrl' | 'stateFolder' | 'workers' | 'dbPoolMax' | 'supervision'
  >;
  /** How the Redis in JavaScript is started. */
  readonly redisSubstitute: readonly [string, ...string[]];
  readonly searchPath: string;
  readonly log: Logger;
}

/** Where the servers are that we brought along. Absent is what the operator brought. */
export interface EmbeddedUrls {
  readonly databaseUrl?: string;
  readonly redisUrl?: string;
}

/** Starts what the configuration leaves out, and gives it to `opened` to stop. Both start at the same time. */
export async function startEmbedded(
  options: EmbeddedOptions,
  opened: AsyncDisposableStack,
): Promise<EmbeddedUrls> {
  const record = new EmbeddedRecord(options.config.stateFolder);
  // Both are awaited before either may fail us, so that none is left running unseen.
  const [postgres, redis] = await Promise.allSettled([
    options.config.databaseUrl === undefined ? startPostgres(options, record, opened) : undefined,
    options.config.redisUrl === undefined ? startRedis(options, record, opened) : undefined,
  ]);
  if (postgres.status === 'rejected') throw postgres.reason;
  if (redis.status === 'rejected') throw redis.reason;
  return {
    ...(postgres.value === undefined ? {} : { databaseUrl: postgres.value }),
    ...(redis.value === undefined ? {} : { redisUrl: redis.value }),
  };
}

async function startPostgres(
  { config, log }: EmbeddedOptions,
  record: EmbeddedRecord,
  opened: AsyncDisposableStack,
): Promise<string> {
  const startedAt = performance.now();
  const postgres = await EmbeddedPostgres.prepare({
    stateFolder: config.stateFolder,
    record,
    connectionsMax: config.workers * config.dbPoolMax + SPARE_CONNECTIONS,
    durable: true,
  });
  opened.use(
    await KeptServer.start({
      name: 'postgres',
      start: () => postgres.start(),
      stop: (server) => postgres.stop(server),
      backoff: config.supervision,
      log,
    }),
  );
  log.info('embedded postgres is ready, brought along and not for production', {
    version: postgres.version,
    data: postgres.dataFolder,
    tookMs: Math.round(performance.now() - startedAt),
  });
  return postgres.url;
}

async function startRedis(
  { config, redisSubstitute, searchPath, log }: EmbeddedOptions,
  record: EmbeddedRecord,
  opened: AsyncDisposableStack,
): Promise<string> {
  const startedAt = performance.now();
  const redis = await EmbeddedRedis.prepare({
    stateFolder: config.stateFolder,
    record,
    substitute: redisSubstitute,
    searchPath,
  });
  opened.use(
    await KeptServer.start({
      name: 'redis',
      start: () => redis.start(),
      stop: stopRedis,
      backoff: config.supervision,
      log,
    }),
  );
  log.info('embedded redis is ready, brought along and not for production', {
    version: redis.description,
    data: 'in memory only',
    tookMs: Math.round(performance.now() - startedAt),
  });
  return redis.url;
}
