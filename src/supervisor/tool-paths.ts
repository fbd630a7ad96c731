import { fileURLToPath } from 'node:url';

import type { Config } from '../shared/config.ts';
import type { EmbeddedUrls } from './embedded/embedded.ts';

/** Where tools are: with the embedded Postgres, in our example, unless somebody says otherwise. */
export function toolPathsOf({ tools }: Config, { databaseUrl }: EmbeddedUrls): readonly string[] {
  if (tools !== undefined) return tools;
  const hardwareStore = fileURLToPath(new URL('../../examples/hardware-store', import.meta.url));
  return databaseUrl === undefined ? [] : [hardwareStore];
}
