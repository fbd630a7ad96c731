import type { ClientBase, Connection, Submittable } from 'pg';

import { Failure } from '../../../shared/errors.ts';
import type { JsonValue } from '../../domain/database.ts';
import { parserOf } from './json-values.ts';
import { type DataRow, execute, type Row, type RowDescription, Shape } from './rows.ts';

/**
 * What may arrive of one batch. Rows are counted before they are asked for, but their size is known when they are here: a
 * single one could be as large as a gigabyte, more than a text can hold.
 */
const BATCH_BYTES_MAX = 32 * 1_024 * 1_024;

/** Some rows of a statement, in their order. */
export interface Batch {
  readonly rows: readonly Row<JsonValue>[];
  /** How many rows it touched, once it is through. */
  readonly count: number | undefined;
  readonly isThrough: boolean;
}

/**
 * A statement whose rows are fetched some at a time, as `pg` itself does not. It has to be run in a transaction, for a
 * portal ends with its own.
 */
export class Portal {
  readonly #client: ClientBase;
  #shape: Shape<JsonValue> | undefined;

  constructor(client: ClientBase) {
    this.#client = client;
  }

  /** The names of what it returns, once it is begun. */
  get columns(): readonly string[] {
    return this.#shape?.columns ?? [];
  }

  /** Begins the statement. Rejects with what Postgres says of it, or a `Failure` (`invalid`) if its rows are too large. */
  open(sql: string, values: readonly (string | null)[], rowsMax: number): Promise<Batch> {
    return this.#ask((connection) => {
      connection.parse({ name: '', text: sql, types: [] }, true);
      connection.bind({ values: [...values] }, true);
      connection.describe({ type: 'P' }, true);
      execute(connection, rowsMax);
    });
  }

  /** Goes on with it. */
  next(rowsMax: number): Promise<Batch> {
    return this.#ask((connection) => {
      execute(connection, rowsMax);
    });
  }

  #ask(send: (connection: Connection) => void): Promise<Batch> {
    const query = new BatchQuery(send, this.#shape, (shape) => {
      this.#shape = shape;
    });
    this.#client.query(query);
    return query.answer;
  }
}

/** The names of what a statement returns, which is not run. Rejects with what Postgres says of it. */
export async function describeStatement(
  client: ClientBase,
  sql: string,
): Promise<readonly string[]> {
  let names: readonly string[] = [];
  const query = new BatchQuery(
    (connection) => {
      connection.parse({ name: '', text: sql, types: [] }, true);
      connection.describe({ type: 'S' }, true);
    },
    undefined,
    ({ columns }) => {
      names = columns;
    },
  );
  client.query(query);
  await query.answer;
  return names;
}

/** What `pg` runs in its turn, and tells of what comes back: the methods are those that it calls. */
class BatchQuery implements Submittable {
  readonly #send: (connection: Connection) => void;
  readonly #tellShape: (shape: Shape<JsonValue>) => void;
  readonly #answer = Promise.withResolvers<Batch>();
  readonly #rows: Row<JsonValue>[] = [];
  #shape: Shape<JsonValue> | undefined;
  #count: number | undefined;
  #isThrough = true;
  #isTooLarge = false;
  #stopCounting: () => void = () => undefined;

  constructor(
    send: (connection: Connection) => void,
    shape: Shape<JsonValue> | undefined,
    tellShape: (shape: Shape<JsonValue>) => void,
  ) {
    this.#send = send;
    this.#tellShape = tellShape;
    this.#shape = shape;
  }

  get answer(): Promise<Batch> {
    return this.#answer.promise;
  }

  submit(connection: Connection): void {
    const { stream } = connection;
    let bytes = 0;
    const count = ({ length }: Buffer): void => {
      bytes += length;
      if (bytes <= BATCH_BYTES_MAX) return;
      this.#isTooLarge = true;
      stream.destroy();
    };
    stream.on('data', count);
    this.#stopCounting = () => stream.off('data', count);
    stream.cork();
    this.#send(connection);
    // With it Postgres is ready again, whatever goes wrong before. In a transaction it leaves the portal open.
    connection.sync();
    stream.uncork();
  }

  handleRowDescription({ fields }: RowDescription): void {
    this.#shape = new Shape(fields, parserOf);
    this.#tellShape(this.#shape);
  }

  handleDataRow(row: DataRow): void {
    if (this.#isTooLarge || this.#shape === undefined) return;
    this.#rows.push(this.#shape.rowOf(row));
  }

  handlePortalSuspended(): void {
    this.#isThrough = false;
  }

  handleCommandComplete({ text }: { readonly text: string }): void {
    const count = /\d+$/.exec(text);
    if (count !== null) this.#count = Number(count[0]);
  }

  /** There is nothing in the statement but comments. */
  handleEmptyQuery(): void {
    this.#count = 0;
  }

  /** It is a COPY, and Postgres waits for what nobody sends. */
  handleCopyInResponse({ stream }: Connection): void {
    stream.destroy();
  }

  handleCopyData(): void {
    // A COPY to us, which goes nowhere.
  }

  handleReadyForQuery(): void {
    this.#stopCounting();
    this.#answer.resolve({ rows: this.#rows, count: this.#count, isThrough: this.#isThrough });
  }

  handleError(error: Error): void {
    this.#stopCounting();
    this.#answer.reject(
      this.#isTooLarge
        ? new Failure('invalid', 'What was asked for is too large', { cause: error })
        : error,
    );
  }
}
