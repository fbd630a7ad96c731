import type { Abortable } from './cancellation.ts';

/** A Postgres as tools see it: statements with parameters, in the schema of the tools' own folder. */
export interface Database {
  /**
   * Runs one statement; `$1`, `$2` … stand for `values`. Throws a `Failure`: `unavailable` while
   * Postgres is away, `timeout` when the statement took too long. What else it throws is a bug in the statement.
   */
  query<Row extends object>(sql: string, values?: readonly unknown[]): Promise<readonly Row[]>;
  /** Runs `work` in one transaction: all of it is kept when `work` resolves, nothing when it throws. */
  transaction<Result>(work: (database: Database) => Promise<Result>): Promise<Result>;
}

/** What JSON can say. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/** What stands for a parameter of a statement. */
export type SqlValue = string | number | boolean | null | readonly (string | number | boolean)[];

/** How much of what a statement returns is taken. */
export interface TakeOptions {
  readonly rowsMax: number;
  /** Of what Postgres sends. */
  readonly bytesMax: number;
  /** Whether it may change anything. */
  readonly writes: boolean;
  /** When Postgres itself ends it. */
  readonly timeoutMs: number;
  /** Looks at what was taken before it is kept. What it throws undoes what was written. */
  readonly judge?: (taken: Taken) => void;
}

/** What was taken of what a statement returns. */
export interface Taken {
  /** As JSON has them: whole numbers and decimals are texts where they would be rounded, dates and times as ISO 8601 writes them. */
  readonly rows: readonly Readonly<Record<string, JsonValue>>[];
  readonly columns: readonly string[];
  /** There were more, or larger ones. */
  readonly isTruncated: boolean;
  /** How many rows it touched. Unknown where not all were taken. */
  readonly count: number | undefined;
}

/** What Postgres says of a statement that it has read, and not run. */
export type Described =
  | { readonly columns: readonly string[] }
  | {
      readonly fault: {
        /** Postgres' own words. For authors; callers never read them. */
        readonly message: string;
        /** A character of the statement, from 1. */
        readonly position: number | undefined;
      };
    };

/** A Postgres as a call sees it. */
export interface CallDatabase extends Database {
  /**
   * Runs one statement in a transaction of its own, and takes what it returns up to a bound: more is neither fetched nor
   * kept. Throws what `query` throws, and a `Failure` (`invalid`) where a few rows alone are far too large.
   */
  take(sql: string, values: readonly SqlValue[], options: TakeOptions): Promise<Taken>;
  /** Has Postgres read one statement, and runs nothing. */
  describe(sql: string): Promise<Described>;
}

/** Where calls get their database from. */
export interface DatabaseSource {
  /** A database for one call: once that is given up, nothing more is begun on it. */
  during(call: Abortable): CallDatabase;
}

/** What a folder of tools is set up with: a database that can also be filled quickly. */
export interface SetupDatabase extends Database {
  /** Appends rows to a table with COPY. Resolves with how many there were. */
  copy(table: string, columns: readonly string[], rows: CopyRows): Promise<number>;
  transaction<Result>(work: (database: SetupDatabase) => Promise<Result>): Promise<Result>;
}

/** Rows to append, made while they are sent. */
export type CopyRows = Iterable<CopyRow> | AsyncIterable<CopyRow>;
/** The cells of one row, in the order of the columns. */
export type CopyRow = readonly (string | number | boolean | null)[];
