import { Failure } from '../../../shared/errors.ts';
import type { JsonValue, SqlValue, Taken } from '../../domain/database.ts';
import type { JsonSchema } from '../../domain/json-schema.ts';
import { ToolError } from '../tool-error.ts';
import type { DeclaredKind } from './kind.ts';
import { explainStatement } from './sql-failure.ts';
import { parseStatement } from './statement.ts';
import type { DeclaredValue } from './value.ts';

const ROWS_MAX = 1_000;
const ROWS_RANGE = { min: 1, max: 100_000 } as const;
const BYTES_MAX = 1_048_576;
const BYTES_RANGE = { min: 1_024, max: 16 * 1_048_576 } as const;
/** What Postgres calls a column that nobody named. */
const NAMELESS = '?column?';
const RESULTS = ['rows', 'one', 'value'] as const;
type ResultForm = (typeof RESULTS)[number];

/** The fields of the kind. */
const FIELDS: Readonly<Record<string, JsonSchema>> = {
  sql: {
    type: 'string',
    description:
      'One statement. `$name` stands for the parameter of that name, and is bound, never spliced.',
  },
  writes: {
    type: 'boolean',
    default: false,
    description: 'Whether it may change anything. Else it runs in a read-only transaction.',
  },
  result: {
    enum: RESULTS,
    default: 'rows',
    description:
      '`rows`: all rows, as { rows }. `one`: the only row. `value`: the only value of it, as { value }. What returns nothing answers { count }.',
  },
  rowsMax: {
    type: 'integer',
    minimum: ROWS_RANGE.min,
    maximum: ROWS_RANGE.max,
    default: ROWS_MAX,
    description:
      'Rows that are answered. Where there are more, the answer says { truncated: true }.',
  },
  bytesMax: {
    type: 'integer',
    minimum: BYTES_RANGE.min,
    maximum: BYTES_RANGE.max,
    default: BYTES_MAX,
    description: 'What these rows may take.',
  },
};

/** One statement, whose parameters are bound. */
export const SQL: DeclaredKind = {
  description: 'One statement, run by Postgres in the schema of the folder.',
  fields: FIELDS,
  required: ['sql'],
  make(map, { parameters, timeoutMs }) {
    const sql = map.get('sql');
    const writes = map.find('writes')?.boolean() ?? false;
    const form = map.find('result')?.oneOf(RESULTS) ?? 'rows';
    const statement = parseStatement(sql, parameters, writes);
    const rowsMax = map.find('rowsMax')?.integer(ROWS_RANGE) ?? ROWS_MAX;
    const bytesMax = map.find('bytesMax')?.integer(BYTES_RANGE) ?? BYTES_MAX;
    const options = {
      rowsMax: form === 'rows' ? rowsMax : 1,
      bytesMax,
      writes,
      timeoutMs,
      judge: (taken: Taken) => {
        judge(taken, form);
      },
    };
    return {
      annotations: { readOnlyHint: !writes, openWorldHint: false },
      async run(given, { db }) {
        const filled = parameters.fill(given);
        const values = statement.names.map((name) => sqlValueOf(filled.get(name)));
        try {
          return shape(await db.take(statement.text, values, options), form);
        } catch (error) {
          throw explainStatement(error);
        }
      },
      async selfTest(_call, { db }) {
        const described = await db.describe(statement.text);
        if ('columns' in described) return refuseColumns(described.columns, form, sql);
        const { message, position } = described.fault;
        throw sql.failure(`does not work: ${message}`, statement.offsetOf(position));
      },
    };
  },
};

/** Throws if it cannot be answered: then what was written is undone. */
function judge({ rows, columns, isTruncated }: Taken, form: ResultForm): void {
  if (columns.length === 0) return;
  if (isTruncated && rows.length === 0) throw new ToolError('A row is too large to be answered');
  if (form === 'rows') return;
  if (isTruncated) throw new ToolError('More than one matches. Say more exactly which');
  if (rows.length === 0) throw new Failure('not-found', 'There is none');
}

/** What the tool answers with. */
function shape(
  { rows, columns, isTruncated, count = 0 }: Taken,
  form: ResultForm,
): Readonly<Record<string, JsonValue>> {
  if (columns.length === 0) return { count };
  if (form === 'rows') return { rows, ...(isTruncated ? { truncated: true } : {}) };
  const [row = {}] = rows;
  return form === 'one' ? row : { value: Object.values(row)[0] ?? null };
}

/** What the model reads has names, one for each. */
function refuseColumns(columns: readonly string[], form: ResultForm, sql: DeclaredValue): void {
  if (columns.length === 0 && form !== 'rows') throw sql.failure('returns nothing');
  if (form === 'value') {
    if (columns.length !== 1) throw sql.failure(`returns ${columns.length} columns, and no value`);
    return;
  }
  const nameless = columns.indexOf(NAMELESS);
  if (nameless >= 0) throw sql.failure(`has no name for column ${nameless + 1}: say \`as\``);
  const twice = columns.find((name, index) => columns.indexOf(name) !== index);
  if (twice !== undefined) throw sql.failure(`returns two columns that are called ${twice}`);
}

/** Arguments were checked against the schema that the parameters make. */
function sqlValueOf(value: unknown): SqlValue {
  if (value === undefined || value === null) return null;
  if (isPlain(value)) return value;
  if (Array.isArray(value) && value.every(isPlain)) return value;
  throw new TypeError('A parameter is none of the types that there are');
}

function isPlain(value: unknown): value is string | number | boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}
