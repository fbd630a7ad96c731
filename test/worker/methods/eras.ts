/** Both eras, for what serves in both. */
import { MetaKey } from '../../../src/worker/protocol/era.ts';

type Json = Readonly<Record<string, unknown>>;

/** The params of a request of the modern era: enveloped. */
export function enveloped(params: Json = {}, capabilities: Json = {}): Json {
  const { _meta: meta = {} } = params;
  return {
    ...params,
    _meta: {
      // Whatever a test has in its _meta comes along.
      ...(meta as object),
      [MetaKey.protocolVersion]: '2026-07-28',
      [MetaKey.clientCapabilities]: capabilities,
    },
  };
}

/** How params look in each era, to one who has shaken hands as of 2025-11-25. */
export const ERAS: readonly (readonly [string, (params?: Json) => Json])[] = [
  ['2025-11-25', (params = {}) => params],
  ['2026-07-28', (params = {}) => enveloped(params)],
];

/** What a result says beside what a method says in the modern era, left out. */
export function essenceOf(result: object): Json {
  const {
    resultType: _type,
    ttlMs: _ttl,
    cacheScope: _scope,
    _meta,
    ...rest
  } = { ...result } as Json;
  return JSON.parse(JSON.stringify(rest));
}
