import { Failure } from '../shared/errors.ts';
import type { Cache } from '../worker/domain/cache.ts';
import type { Facilities } from '../worker/domain/facilities.ts';
import type { Egress } from '../worker/egress/egress.ts';
import { PooledDatabase } from '../worker/store/tool-database/pooled-database.ts';

/** What tools work with while they are proved. */
export interface ProvingFacilities {
  readonly facilitiesOf: (schema: string, name: string) => Facilities;
  /** Who asked for something that there is none of here: it says nothing about them that they failed. */
  readonly wanting: ReadonlySet<string>;
}

/** Keeps nothing: what it holds may be lost at any time. */
const EMPTY: Cache = {
  get: async () => undefined,
  set: async () => undefined,
  delete: async () => undefined,
  remember: (_key, _ttlMs, make) => make(),
};

/** Makes them. Without a pool there is no database. */
export function provingFacilities(
  pool: ConstructorParameters<typeof PooledDatabase>[0] | undefined,
  egress: Egress,
): ProvingFacilities {
  const wanting = new Set<string>();
  const missing = (name: string) => async (): Promise<never> => {
    wanting.add(name);
    throw new Failure('unavailable', 'There is no database where tools are proved');
  };
  return {
    wanting,
    facilitiesOf(schema, name) {
      const query = missing(name);
      const none = { query, transaction: query, take: query, describe: query };
      return {
        db: pool === undefined ? { during: () => none } : new PooledDatabase(pool, schema),
        cache: { during: () => ({ ...EMPTY, shared: EMPTY }) },
        fetch: egress.source(),
      };
    },
  };
}
