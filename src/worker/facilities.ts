import type { Facilities } from './domain/facilities.ts';
import type { Egress } from './egress/egress.ts';
import type { Stores } from './store/stores.ts';
import { PooledDatabase } from './store/tool-database/pooled-database.ts';

export interface FacilitiesOptions extends Pick<Stores, 'pool' | 'toolCaches'> {
  readonly egress: Egress;
}

/** Makes what one tool works with: of its own, so that none can take what is the others'. */
export function facilitiesOf({
  pool,
  toolCaches,
  egress,
}: FacilitiesOptions): (schema: string, name: string) => Facilities {
  return (schema, name) => ({
    db: new PooledDatabase(pool, schema),
    cache: toolCaches.of(schema, name),
    fetch: egress.source(),
  });
}
