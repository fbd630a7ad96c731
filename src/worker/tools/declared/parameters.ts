import type { JsonSchema } from '../../domain/json-schema.ts';
import { type Check, SchemaCompiler } from '../schema.ts';
import { ToolError } from '../tool-error.ts';
import type { DeclaredMap, DeclaredValue } from './value.ts';

/** More than any model fills in. */
const PARAMETERS_MAX = 100;
const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/;

/** What a parameter, or each of a list, may be, and what JSON Schema calls that. */
const TYPES = {
  string: { type: 'string' },
  integer: { type: 'integer' },
  number: { type: 'number' },
  boolean: { type: 'boolean' },
  date: { type: 'string', format: 'date' },
  timestamp: { type: 'string', format: 'date-time' },
  uuid: { type: 'string', format: 'uuid' },
} as const;
/** The type of one value. */
export type ParameterType = keyof typeof TYPES;
const TYPE_NAMES = Object.keys(TYPES).filter(isType);

const TEXT: JsonSchema = { type: 'string' };
const COUNT: JsonSchema = { type: 'integer', minimum: 0 };
const NUMBER: JsonSchema = { type: 'number' };
/** What is said of a value beside its type: published as it is. */
const RULES: Readonly<Record<string, JsonSchema>> = {
  enum: { type: 'array', minItems: 1 },
  minimum: NUMBER,
  maximum: NUMBER,
  exclusiveMinimum: NUMBER,
  exclusiveMaximum: NUMBER,
  minLength: COUNT,
  maxLength: COUNT,
  pattern: TEXT,
  format: TEXT,
};
const LIST_RULES: Readonly<Record<string, JsonSchema>> = {
  minItems: COUNT,
  maxItems: COUNT,
  uniqueItems: { type: 'boolean' },
};
const ITEM_FIELDS = ['type', ...Object.keys(RULES)];
const FIELDS = [
  ...ITEM_FIELDS,
  ...Object.keys(LIST_RULES),
  'items',
  'title',
  'description',
  'default',
  'examples',
  'required',
];

/** One parameter of a tool. */
export interface Parameter {
  readonly name: string;
  readonly type: ParameterType;
  /** It is a list of such. */
  readonly isList: boolean;
  /** What it is if the model does not say. */
  readonly default: unknown;
  /** Where it is declared. */
  readonly value: DeclaredValue;
}

/** The parameters of a tool, in their order. */
export interface Parameters {
  readonly schema: JsonSchema;
  readonly list: readonly Parameter[];
  /**
   * What each is worth in a call: as given, else its default, else nothing. Throws a `ToolError` for a whole number that
   * JSON has rounded already: it would stand for something else.
   */
  readonly fill: (given: Readonly<Record<string, unknown>>) => ReadonlyMap<string, unknown>;
}

/** Reads the parameters of a tool. Throws a `LoadFailure` that says where they are not as they should be. */
export function parseParameters(value: DeclaredValue | undefined): Parameters {
  const entries = value?.map().entries ?? [];
  if (value !== undefined && entries.length > PARAMETERS_MAX) {
    throw value.failure(`has more than ${PARAMETERS_MAX}`);
  }
  const parsed = entries.map(([name, of]) => parseParameter(name, of));
  const list = parsed.map(({ parameter }) => parameter);
  return {
    list,
    schema: {
      type: 'object',
      properties: Object.fromEntries(
        parsed.map(({ parameter, schema }) => [parameter.name, schema]),
      ),
      required: parsed
        .filter(({ isRequired }) => isRequired)
        .map(({ parameter: { name } }) => name),
      additionalProperties: false,
    },
    fill: (given) => fill(list, given),
  };
}

interface Parsed {
  readonly parameter: Parameter;
  readonly schema: JsonSchema;
  readonly isRequired: boolean;
}

function parseParameter(name: string, value: DeclaredValue): Parsed {
  if (!NAME.test(name)) throw value.failure(`does not match ${NAME.source}`, 'key');
  const map = value.mapOf(FIELDS);
  const isList = map.get('type').oneOf([...TYPE_NAMES, 'array']) === 'array';
  const { type, schema: ofValue } = isList ? parseItems(map) : parseRules(map);
  const ofList = isList
    ? { type: 'array', ...jsonOf(map, Object.keys(LIST_RULES)), items: ofValue }
    : ofValue;
  const schema = { ...ofList, ...describe(map) };
  const fallback = map.find('default');
  const isRequired = map.find('required')?.boolean() ?? fallback === undefined;
  if (isRequired && fallback !== undefined) {
    throw value.failure('has a default, and so is not required');
  }
  check(schema, fallback, value);
  return {
    parameter: { name, type, isList, default: fallback?.json(), value },
    schema,
    isRequired,
  };
}

interface Typed {
  readonly type: ParameterType;
  readonly schema: JsonSchema;
}

function parseItems(map: DeclaredMap): Typed {
  for (const rule of Object.keys(RULES)) {
    const misplaced = map.find(rule);
    if (misplaced !== undefined) throw misplaced.failure('is a rule for its items', 'key');
  }
  return parseRules(map.get('items').mapOf(ITEM_FIELDS));
}

function parseRules(map: DeclaredMap): Typed {
  const type = map.get('type').oneOf(TYPE_NAMES);
  for (const rule of ['items', ...Object.keys(LIST_RULES)]) {
    const misplaced = map.find(rule);
    if (misplaced !== undefined) throw misplaced.failure('is for the type array', 'key');
  }
  return { type, schema: { ...TYPES[type], ...jsonOf(map, Object.keys(RULES)) } };
}

function describe(map: DeclaredMap): JsonSchema {
  return {
    ...(map.find('title') === undefined ? {} : { title: map.get('title').text(200) }),
    ...(map.find('description') === undefined
      ? {}
      : { description: map.get('description').text(2_000) }),
    ...jsonOf(map, ['default', 'examples']),
  };
}

function jsonOf(map: DeclaredMap, keys: readonly string[]): JsonSchema {
  return Object.fromEntries(
    keys.flatMap((key) => {
      const value = map.find(key);
      return value === undefined ? [] : [[key, value.json()]];
    }),
  );
}

/** Throws if it is no schema, or what it falls back on does not satisfy it. */
function check(
  schema: JsonSchema,
  fallback: DeclaredValue | undefined,
  value: DeclaredValue,
): void {
  const holds = compile(schema, value);
  if (fallback === undefined) return;
  const fault = holds(fallback.json());
  if (fault !== undefined) throw fallback.failure(`is not one of its values: ${fault}`);
}

function compile(schema: JsonSchema, value: DeclaredValue): Check {
  try {
    return new SchemaCompiler({ isProved: false }).compile(schema, 'it', value.path);
  } catch (error) {
    throw value.failure('has a rule that JSON Schema does not allow', 'value', { cause: error });
  }
}

function isType(name: string): name is ParameterType {
  return Object.hasOwn(TYPES, name);
}

function fill(
  list: readonly Parameter[],
  given: Readonly<Record<string, unknown>>,
): ReadonlyMap<string, unknown> {
  return new Map(
    list.map(({ name, type, default: fallback }) => {
      const value = Object.hasOwn(given, name) ? given[name] : fallback;
      if (type === 'integer' && ![value].flat().every(isExact)) {
        throw new ToolError(`arguments.${name} is too large to be exact`);
      }
      return [name, value];
    }),
  );
}

function isExact(value: unknown): boolean {
  return value === undefined || Number.isSafeInteger(value);
}

/** What may be said of a parameter, as a JSON Schema of it. */
export const PARAMETER_SCHEMA: JsonSchema = parameterSchema();

function parameterSchema(): JsonSchema {
  const rules = { type: { enum: TYPE_NAMES }, ...RULES };
  return {
    type: 'object',
    required: ['type'],
    properties: {
      ...rules,
      type: { enum: [...TYPE_NAMES, 'array'] },
      ...LIST_RULES,
      items: { type: 'object', required: ['type'], properties: rules, additionalProperties: false },
      title: TEXT,
      description: { type: 'string', description: 'What the model reads of it.' },
      default: { description: 'What it is if the model does not say.' },
      examples: { type: 'array' },
      required: {
        type: 'boolean',
        description: 'Whether the model has to say. It has, unless there is a default.',
      },
    },
    additionalProperties: false,
  };
}
