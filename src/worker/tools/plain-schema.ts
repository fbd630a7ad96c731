import {
  type Guard,
  isBoolean,
  isListOf,
  isNumber,
  isOneOf,
  isString,
} from '../../shared/shape.ts';

/** The only one whose rules these are. */
const DIALECT = 'https://json-schema.org/draft/2020-12/schema';

const isAnything: Guard<unknown> = (_value): _value is unknown => true;
const isCount: Guard<number> = (value): value is number =>
  Number.isInteger(value) && Number(value) >= 0;
const isList = isListOf(isAnything);
const isType = isOneOf(['array', 'boolean', 'integer', 'null', 'number', 'object', 'string']);
const isSchemaList: Guard<readonly unknown[]> = (value): value is readonly unknown[] =>
  isList(value) && value.length > 0 && value.every(isPlainSchema);

/** What a keyword may hold, as the meta-schemas of 2020-12 say it. Those that are rare are not among them. */
const KEYWORDS: ReadonlyMap<string, Guard<unknown>> = new Map<string, Guard<unknown>>([
  ['$schema', isOneOf([DIALECT])],
  ['$comment', isString],
  ['$ref', isString],
  ['$defs', isSchemaRecord],
  ['title', isString],
  ['description', isString],
  ['default', isAnything],
  ['deprecated', isBoolean],
  ['readOnly', isBoolean],
  ['writeOnly', isBoolean],
  ['examples', isList],
  ['type', isType],
  ['const', isAnything],
  ['enum', isList],
  ['minimum', isNumber],
  ['maximum', isNumber],
  ['exclusiveMinimum', isNumber],
  ['exclusiveMaximum', isNumber],
  ['minLength', isCount],
  ['maxLength', isCount],
  ['pattern', isString],
  ['format', isString],
  ['items', isPlainSchema],
  ['prefixItems', isSchemaList],
  ['minItems', isCount],
  ['maxItems', isCount],
  ['uniqueItems', isBoolean],
  ['properties', isSchemaRecord],
  ['required', isNames],
  ['additionalProperties', isPlainSchema],
  ['propertyNames', isPlainSchema],
  ['minProperties', isCount],
  ['maxProperties', isCount],
  ['allOf', isSchemaList],
  ['anyOf', isSchemaList],
  ['oneOf', isSchemaList],
  ['not', isPlainSchema],
]);

/**
 * Whether a schema is seen at a glance to be a valid one of 2020-12: it has nothing but common keywords, and they hold what they
 * should. Of any other only the meta-schema can tell, and to compile that takes longer than all else of a start. Its depth has to
 * be bounded.
 */
export function isPlainSchema(value: unknown): value is object | boolean {
  if (isBoolean(value)) return true;
  return isRecord(value) && Object.entries(value).every(isPlainEntry);
}

function isPlainEntry([keyword, held]: readonly [string, unknown]): boolean {
  return held === undefined || KEYWORDS.get(keyword)?.(held) === true;
}

function isSchemaRecord(value: unknown): value is object {
  return isRecord(value) && Object.values(value).every(isPlainSchema);
}

function isNames(value: unknown): value is readonly string[] {
  return isListOf(isString)(value) && new Set(value).size === value.length;
}

/** What is inherited would not be looked at. */
function isRecord(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
