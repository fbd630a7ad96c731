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

/** Where calls get their database from. */
export interface DatabaseSource {
  /** A database for one call: once `signal` aborts, nothing more is begun on it. */
  during(signal: AbortSignal): Database;
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
