import { type ClientBase, DatabaseError } from 'pg';

import type { Described, JsonValue, SqlValue, Taken, TakeOptions } from '../../domain/database.ts';
import { STATEMENT_TIMEOUT_MS } from '../pool.ts';
import { explainQuery, READ_ONLY } from '../query.ts';
import { parserOf } from './json-values.ts';
import type { Manner } from './pipeline.ts';
import { type Batch, describeStatement, Portal } from './portal.ts';
import type { Row } from './rows.ts';
import type { Answer } from './run.ts';

/** How large rows are is not known before some are here. */
const FIRST_BATCH_ROWS = 16;

/** Runs one statement in a transaction, and takes what it returns up to a bound. */
export async function takeOn(
  client: ClientBase,
  sql: string,
  values: readonly SqlValue[],
  options: TakeOptions,
): Promise<Taken> {
  const { writes, timeoutMs } = options;
  const begin = writes ? 'begin' : 'begin read only';
  // It costs as much as a statement, and a call that takes less time is ended by its signal.
  const limit =
    timeoutMs > STATEMENT_TIMEOUT_MS
      ? `; set local statement_timeout = ${Math.ceil(timeoutMs)}`
      : '';
  try {
    await told(client.query(begin + limit), writes);
    const taken = await told(takeRows(new Portal(client), sql, values, options), writes);
    options.judge?.(taken);
    await told(client.query('commit'), writes);
    return taken;
  } catch (error) {
    // Should the connection be gone, Postgres has rolled back already.
    await client.query('rollback').catch(() => undefined);
    throw error;
  }
}

async function told<Result>(asked: Promise<Result>, writes: boolean): Promise<Result> {
  try {
    return await asked;
  } catch (error) {
    const isRefused = !writes && error instanceof DatabaseError && error.code === READ_ONLY;
    throw isRefused ? error : explainQuery(error);
  }
}

/** Statements that are taken one row of, and nothing is written by. What they are refused, they are told by a run of their own. */
export const TAKES_ONE: Manner<JsonValue> = {
  rowsMax: 2,
  parserOf: (_client, typeId) => parserOf(typeId),
  shapes: new WeakMap(),
};

/** Whether a statement may be run in that manner. */
export function takesOne({ writes, rowsMax, timeoutMs }: TakeOptions): boolean {
  return !writes && rowsMax === 1 && timeoutMs <= STATEMENT_TIMEOUT_MS;
}

/** What came of a statement that was run so. */
export function takenOf(
  { rows, columns, isThrough }: Answer<JsonValue>,
  options: TakeOptions,
): Taken {
  const room = fit(rows, options);
  const taken: Taken = {
    rows: rows.slice(0, room).map(({ values }) => values),
    columns,
    isTruncated: room < rows.length,
    count: isThrough ? rows.length : undefined,
  };
  options.judge?.(taken);
  return taken;
}

/** Has Postgres read a statement. */
export async function describeOn(client: ClientBase, sql: string): Promise<Described> {
  try {
    return { columns: await describeStatement(client, sql) };
  } catch (error) {
    const explained = explainQuery(error);
    if (!(explained instanceof DatabaseError)) throw explained;
    const { message, hint, position } = explained;
    return {
      fault: {
        message: hint === undefined ? message : `${message}. ${hint}`,
        position: position === undefined ? undefined : Number(position),
      },
    };
  }
}

async function takeRows(
  portal: Portal,
  sql: string,
  values: readonly SqlValue[],
  { rowsMax, bytesMax }: TakeOptions,
): Promise<Taken> {
  const rows: Row<JsonValue>[] = [];
  let bytes = 0;
  // One row more than is kept tells whether there are more.
  let batch = await portal.open(sql, values.map(encode), Math.min(FIRST_BATCH_ROWS, rowsMax + 1));
  for (;;) {
    const room = fit(batch.rows, { rowsMax: rowsMax - rows.length, bytesMax: bytesMax - bytes });
    for (const row of batch.rows.slice(0, room)) {
      rows.push(row);
      bytes += row.bytes;
    }
    const isTruncated = room < batch.rows.length;
    if (isTruncated || batch.isThrough) {
      const { count } = batch;
      return {
        rows: rows.map(({ values: row }) => row),
        columns: portal.columns,
        isTruncated,
        count,
      };
    }
    const fitting = Math.ceil((bytesMax - bytes) / (bytes / rows.length)) + 1;
    // oxlint-disable-next-line no-await-in-loop -- how many to ask for is known by those before
    batch = await portal.next(Math.min(fitting, rowsMax - rows.length + 1));
  }
}

/** How many of them there is room for. */
function fit(
  rows: Batch['rows'],
  { rowsMax, bytesMax }: Pick<TakeOptions, 'rowsMax' | 'bytesMax'>,
): number {
  let bytes = 0;
  const tooMuch = rows.findIndex((row) => {
    bytes += row.bytes;
    return bytes > bytesMax;
  });
  return Math.min(rowsMax, tooMuch < 0 ? rows.length : tooMuch);
}

/** As Postgres reads it. */
export function encode(value: SqlValue): string | null {
  if (value === null) return null;
  if (typeof value !== 'object') return String(value);
  return `{${value.map(encodeItem).join(',')}}`;
}

/** In quotes nothing has a meaning but these two. */
function encodeItem(item: string | number | boolean): string {
  return `"${String(item).replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}
