import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { Config } from '../shared/config.ts';
import type { EmbeddedUrls } from './embedded/embedded.ts';

/** What workers find in their environment beside what we found in ours. */
export function environmentOfWorkers(
  { stateFolder, tools }: Config,
  { databaseUrl, redisUrl }: EmbeddedUrls,
  given: { readonly port: number; readonly compileCache: string | undefined },
): object {
  const hardwareStore = fileURLToPath(new URL('../../examples/hardware-store', import.meta.url));
  const takesDefault = tools === undefined && databaseUrl !== undefined;
  return {
    MCP_PORT: String(given.port),
    NODE_COMPILE_CACHE: given.compileCache ?? join(stateFolder, 'compile-cache'),
    ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }),
    ...(redisUrl === undefined ? {} : { REDIS_URL: redisUrl }),
    ...(takesDefault ? { MCP_TOOLS: hardwareStore } : {}),
  };
}
