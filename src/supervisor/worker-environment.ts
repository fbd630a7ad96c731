import { join } from 'node:path';

import type { Config } from '../shared/config.ts';
import type { EmbeddedUrls } from './embedded/embedded.ts';

/** Node gives half of them to names that are looked up, so that one tool's slow names leave some to others. */
const THREADS = 8;

/** What workers find in their environment beside what we found in ours. */
export function environmentOfWorkers(
  { stateFolder }: Config,
  { databaseUrl, redisUrl }: EmbeddedUrls,
  given: {
    readonly port: number;
    readonly compileCache: string | undefined;
    readonly threads: string | undefined;
  },
): NodeJS.ProcessEnv {
  return {
    MCP_PORT: String(given.port),
    NODE_COMPILE_CACHE: given.compileCache ?? join(stateFolder, 'compile-cache'),
    UV_THREADPOOL_SIZE: given.threads ?? String(THREADS),
    ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }),
    ...(redisUrl === undefined ? {} : { REDIS_URL: redisUrl }),
  };
}
