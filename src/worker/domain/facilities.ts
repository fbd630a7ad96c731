import type { CacheSource } from './cache.ts';
import type { DatabaseSource } from './database.ts';
import type { FetchSource } from './fetch.ts';

/** What one tool, resource or prompt works with. Its own, so that none can take what is the others'. */
export interface Facilities {
  readonly db: DatabaseSource;
  readonly cache: CacheSource;
  readonly fetch: FetchSource;
}
