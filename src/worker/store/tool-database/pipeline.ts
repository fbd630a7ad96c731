import { type ClientBase, type Connection, DatabaseError, type Submittable } from 'pg';

import { Failure } from '../../../shared/errors.ts';
import type { Abortable } from '../../domain/cancellation.ts';
import type { Loan } from './loan.ts';
import type { PreparedStatement } from './prepared-statements.ts';
import { type DataRow, execute, type RowDescription, Shape } from './rows.ts';
import { type Answer, Run } from './run.ts';

/** For so long others may join: a statement that turns slow keeps those waiting alone that came so shortly after it. */
const OPEN_MS = 50;
const RUNS_MAX = 100;
/** How Postgres calls an error after which it closes the connection. */
const FATAL: ReadonlySet<string | undefined> = new Set(['FATAL', 'PANIC']);

/** How statements are run, and what is made of what they return. */
export interface Manner<Value> {
  /** Rows that are fetched. All, if absent. */
  readonly rowsMax?: number;
  /** What may arrive of one answer. Anything, if absent. */
  readonly bytesMax?: number;
  /** Whether Postgres sees to it that nothing is written. */
  readonly onlyReads: boolean;
  readonly parserOf: (client: ClientBase, typeId: number) => (text: string) => Value;
  /** What a call may know of what Postgres says. */
  readonly explain: (error: unknown) => unknown;
  /** What statements return, by their names: once one is prepared on a connection it never changes. */
  readonly shapes: WeakMap<ClientBase, Map<string, Shape<Value>>>;
}

/**
 * One quick statement, run for many calls over one connection: all that come in a turn are sent at once, and answered in
 * their order, each by itself. A large part of what a query costs is the way to Postgres and back. `pg` calls the methods that
 * are not described.
 */
export class Pipeline<Value> implements Submittable {
  /** By these `pg` knows the statement. */
  readonly name: string;
  readonly text: string;
  readonly #statement: PreparedStatement;
  readonly #manner: Manner<Value>;
  readonly #onEnd: () => void;
  readonly #openedAt = performance.now();
  /** Not sent yet. */
  readonly #coming: Run<Value>[] = [];
  /** Sent, and not answered. */
  readonly #sent: Run<Value>[] = [];
  #runs = 0;
  /** What has arrived of the answer that is on its way. */
  #bytes = 0;
  #loan: Loan | undefined;
  #connection: Connection | undefined;
  #isOver = false;

  /** `onEnd` is told once, when nothing runs any more. */
  constructor(statement: PreparedStatement, manner: Manner<Value>, onEnd: () => void) {
    this.name = statement.name;
    this.text = statement.text;
    this.#statement = statement;
    this.#manner = manner;
    this.#onEnd = onEnd;
  }

  /** Whether another may join. */
  get isOpen(): boolean {
    const isYoung = performance.now() - this.#openedAt < OPEN_MS;
    return isYoung && this.#runs < RUNS_MAX && !this.#isOver;
  }

  /** Runs the statement. Rejects with what Postgres says of it, or with why the call was given up as soon as it is. */
  async run(values: readonly (string | null)[], call: Abortable): Promise<Answer<Value>> {
    if (call.aborted) throw call.reason;
    this.#runs += 1;
    const run = new Run<Value>(values, call, this.#heedGivenUp);
    // Those that come in this turn are sent together.
    if (this.#coming.push(run) === 1 && this.#connection !== undefined) {
      process.nextTick(this.#send);
    }
    return run.answer;
  }

  /** Has a connection to itself from now on, which it gives back. */
  take(loan: Loan): void {
    this.#loan = loan;
  }

  /** Begins with what has come so far: the connection is ready. */
  begin(): void {
    if (this.#isOver) return;
    if (this.#coming.length === 0) this.#end(false);
    else this.#loan?.client.query(this);
  }

  /** There is no connection, or it is gone. */
  fail(error: unknown): void {
    if (this.#isOver) return;
    for (const run of [...this.#sent.splice(0), ...this.#coming.splice(0)]) run.fail(error);
    this.#end(true);
  }

  submit(connection: Connection): void {
    if (this.#connection === undefined) {
      this.#connection = connection;
      if (this.#manner.bytesMax !== undefined) connection.stream.on('data', this.#count);
    }
    this.#send();
  }

  handleRowDescription({ fields }: RowDescription): void {
    const client = this.#loan?.client;
    if (client === undefined) return;
    const { shapes, parserOf } = this.#manner;
    const shape = new Shape(fields, (typeId) => parserOf(client, typeId));
    shapes.set(client, (shapes.get(client) ?? new Map()).set(this.name, shape));
  }

  handleDataRow(row: DataRow): void {
    const shape = this.#shape;
    if (shape !== undefined) this.#sent[0]?.add(row, shape);
  }

  handlePortalSuspended(): void {
    this.#sent[0]?.stop();
  }

  handleCommandComplete(): void {
    // The answer is whole when Postgres is ready again.
  }

  handleReadyForQuery(): void {
    this.#bytes = 0;
    const run = this.#sent.shift();
    if (run !== undefined) this.#statement.took(run.end(this.#shape));
    this.#goOn();
  }

  handleError(error: Error): void {
    const explained = this.#manner.explain(error);
    // It refuses this run alone, unless the connection ends with it.
    if (!(error instanceof DatabaseError) || FATAL.has(error.severity)) {
      this.fail(explained);
      return;
    }
    this.#bytes = 0;
    this.#sent.shift()?.fail(explained);
    this.#goOn();
  }

  get #shape(): Shape<Value> | undefined {
    return this.#loan && this.#manner.shapes.get(this.#loan.client)?.get(this.name);
  }

  /** `pg` takes us for done each time Postgres is ready again. */
  #goOn(): void {
    if (this.#isOver) return;
    if (this.#sent.length > 0 || this.#coming.length > 0) this.#loan?.client.query(this);
    else this.#end(false);
  }

  #end(isBroken: boolean): void {
    this.#close();
    this.#loan?.end(isBroken);
  }

  #close(): void {
    this.#isOver = true;
    this.#connection?.stream.off('data', this.#count);
    this.#onEnd();
  }

  readonly #send = (): void => {
    const connection = this.#connection;
    if (connection === undefined || this.#isOver) return;
    const { name, text } = this;
    const isKnown = this.#shape !== undefined;
    // What it returns is told by the first, and the others wait for that.
    const now = isKnown ? this.#coming.splice(0) : this.#coming.splice(0, 1 - this.#sent.length);
    const sentAt = performance.now();
    connection.stream.cork();
    for (const run of now) {
      if (!isPrepared(connection, name)) connection.parse({ name, text, types: [] }, true);
      connection.bind({ statement: name, values: [...run.values] }, true);
      if (!isKnown) connection.describe({ type: 'P' }, true);
      execute(connection, this.#manner.rowsMax);
      connection.sync();
      run.sentAt = sentAt;
      this.#sent.push(run);
    }
    connection.stream.uncork();
  };

  readonly #heedGivenUp = (given: Run<Value>): void => {
    const at = this.#coming.indexOf(given);
    if (at >= 0) this.#coming.splice(at, 1);
    const isWanted = this.#sent.some(({ isGivenUp }) => !isGivenUp) || this.#coming.length > 0;
    if (isWanted || this.#isOver || this.#loan === undefined) return;
    // Nobody waits for what runs.
    this.#close();
    this.#loan.takeAway();
  };

  /** Rows are counted before they are asked for, but their size is known when they are here. */
  readonly #count = ({ length }: Buffer): void => {
    this.#bytes += length;
    if (this.#bytes <= (this.#manner.bytesMax ?? Number.POSITIVE_INFINITY)) return;
    const error = new Failure('invalid', 'What was asked for is too large');
    this.#sent.shift()?.fail(error);
    // The others are told that the connection is gone.
    this.#connection?.stream.destroy();
  };
}

function isPrepared(connection: Connection, name: string): boolean {
  // oxlint-disable-next-line no-unsafe-type-assertion -- where the driver keeps it, the types do not tell
  const { parsedStatements } = connection as Connection & { readonly parsedStatements: object };
  return Object.hasOwn(parsedStatements, name);
}
