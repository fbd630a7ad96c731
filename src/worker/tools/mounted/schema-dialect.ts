import type { JsonSchema } from '../../domain/json-schema.ts';
import { isRecord } from '../../protocol/frame.ts';

/** What is data within a schema, and no schema. */
const DATA: ReadonlySet<string> = new Set(['const', 'default', 'enum', 'examples']);
/** Dialects before 2020-12, which say the same in other words. Most servers still name draft 7. */
const OLDER = /^https?:\/\/json-schema\.org\/(?:draft-0[467]|draft\/2019-09)\/schema#?$/;

/**
 * A schema in the words of 2020-12, which is what is published here and checked by: lists of schemas for `items` have a name of
 * their own there. Its `$id` is left out: another server may have the same.
 */
export function modernSchema(schema: JsonSchema): JsonSchema {
  const { $id: _id, $schema: dialect, ...rest } = schema;
  const isOlder = typeof dialect === 'string' && OLDER.test(dialect);
  const kept = dialect === undefined || isOlder ? rest : { $schema: dialect, ...rest };
  return renameItems(kept);
}

function renameItems(schema: JsonSchema): JsonSchema {
  const { items, additionalItems, ...rest } = schema;
  const after = Array.isArray(items) ? additionalItems : items;
  const renamed = {
    ...rest,
    ...(Array.isArray(items) ? { prefixItems: items } : {}),
    ...(after === undefined ? {} : { items: after }),
  };
  return Object.fromEntries(
    Object.entries(renamed).map(([name, value]) => [name, DATA.has(name) ? value : within(value)]),
  );
}

/** It is no deeper than a message may be. */
function within(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(within);
  return isRecord(value) ? renameItems(value) : value;
}
