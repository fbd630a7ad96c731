import type {
  CallDatabase,
  SqlValue,
  TakeOptions,
} from '../../../../src/worker/domain/database.ts';
import { PooledDatabase } from '../../../../src/worker/store/tool-database/pooled-database.ts';
import type { Folders } from './folders.ts';

/** More than a statement needs to be known as quick: so many runs in a row, each in less time. */
const RUNS = 6;
const QUICK_MS = 40;
/** On a busy machine it may take some more. */
const TRIES_MAX = 500;

export const ONE: TakeOptions = {
  rowsMax: 1,
  bytesMax: 1_000_000,
  writes: false,
  timeoutMs: 1_000,
};

/** A function that writes what it is given, unless that is 0. */
export const WRITER = `create function paint.add(n int) returns int language plpgsql as $$
  begin if n > 0 then insert into paint.things values (n); end if; return n; end $$`;
export const WHO = 'select pg_backend_pid() as pid, $1::int as n';

/** Runs something so often that it is known as quick. */
async function repeat(run: () => Promise<unknown>): Promise<void> {
  let quick = 0;
  for (let tries = 0; quick < RUNS; tries++) {
    if (tries === TRIES_MAX) throw new Error('It is never quick');
    const startedAt = performance.now();
    // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
    await run();
    quick = performance.now() - startedAt < QUICK_MS ? quick + 1 : 0;
  }
}

/** Runs a statement so often that it is known as quick. */
export async function makeQuick(
  database: Pick<CallDatabase, 'query'>,
  sql: string,
  values: readonly unknown[],
): Promise<void> {
  await repeat(() => database.query(sql, values));
}

/** A database for a call that is not given up. */
export function databaseOf({ pool }: Folders): CallDatabase {
  return new PooledDatabase(pool, 'paint').during(new AbortController().signal);
}

/** Takes a statement so often that it is known as quick. */
export async function makeQuickToTake(
  database: CallDatabase,
  sql: string,
  value: SqlValue,
): Promise<void> {
  await repeat(() => database.take(sql, [value], ONE));
}

/** What is only so where Postgres answers in time is tried again, on a busy machine. */
export const PATIENT = { timeout: 20_000, interval: 10 } as const;
