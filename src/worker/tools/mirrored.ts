import { Failure } from '../../shared/errors.ts';
import type { JsonSchema } from '../domain/json-schema.ts';
import type { MirroredArgument } from '../domain/mirrored-argument.ts';

const KEY = 'x-mcp-header';
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/;
const PRIMITIVES: ReadonlySet<unknown> = new Set(['string', 'integer', 'boolean']);

/** The arguments of a schema that are mirrored. Throws a `Failure` that names the tool if one cannot be. */
export function findMirrored(schema: JsonSchema, tool: string): readonly MirroredArgument[] {
  const found = [...reachable(schema, [])];
  const names = found.map(({ name }) => name.toLowerCase());
  // One that lies where a header cannot be found out would never be sent.
  if (countOf(schema) > found.length || new Set(names).size < names.length) {
    throw new Failure(
      'invalid',
      `The tool "${tool}" has an ${KEY} that cannot be sent: it has to be a name of its own, on a string, an integer or a boolean below nothing but properties`,
    );
  }
  return found;
}

function* reachable(schema: JsonSchema, path: readonly string[]): Generator<MirroredArgument> {
  for (const [field, value] of Object.entries(recordOf(schema.properties))) {
    const property = recordOf(value);
    const name = property[KEY];
    if (typeof name === 'string' && TOKEN.test(name) && PRIMITIVES.has(property.type)) {
      yield { name, path: [...path, field] };
    }
    yield* reachable(property, [...path, field]);
  }
}

/** How often the key is used, wherever it is. As data of an enum or a default it is not one. */
function countOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return Object.entries(value).reduce((sum, [key, inner]) => {
    if (['enum', 'const', 'default', 'examples'].includes(key)) return sum;
    return sum + (key === KEY && typeof inner === 'string' ? 1 : countOf(inner));
  }, 0);
}

function recordOf(value: unknown): JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}
