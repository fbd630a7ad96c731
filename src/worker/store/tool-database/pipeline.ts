import type { ClientBase, Connection, Submittable } from 'pg';

import { codeOf, Failure } from '../../../shared/errors.ts';
import type { Abortable } from '../../domain/cancellation.ts';
import { explainQuery, READ_ONLY } from '../query.ts';
import type { Loan } from './loan.ts';
import { type PreparedStatement, QUICK_MS } from './prepared-statements.ts';
import { type DataRow, execute, type RowDescription, Shape } from './rows.ts';
import { type Answer, Run } from './run.ts';

/** For so long others may join from when it is opened, and so many: then others are to have the connection. */
const OPEN_MS = 50;
const RUNS_MAX = 100;
/** What may arrive of one answer. How large rows are is known when they are here. */
const BYTES_MAX = 32 * 1_024 * 1_024;

/** How statements are run, and what is made of what they return. */
export interface Manner<Value> {
  /** Rows that are fetched. All, if absent. */
  readonly rowsMax?: number;
  readonly parserOf: (client: ClientBase, typeId: number) => (text: string) => Value;
  /** What statements return on each connection they are prepared on, by their names. */
  readonly shapes: WeakMap<ClientBase, Map<string, Shape<Value>>>;
}

/**
 * One quick statement, run for many calls over one connection: all that come in a turn are sent at once, and answered in
 * their order. A large part of what a query costs is the way to Postgres and back. Each is a transaction of its own that only reads, so
 * that it can be run again: when anything goes wrong, all that are left are handed back, to be run where they are alone.
 *
 * `pg` calls the methods that are not described.
 */
export class Pipeline<Value> implements Submittable {
  readonly #statement: PreparedStatement;
  /** The driver knows nothing of what is prepared here, and may prepare the same by itself. */
  readonly #name: string;
  readonly #manner: Manner<Value>;
  readonly #onEnd: () => void;
  readonly #openedAt = performance.now();
  /** Not sent yet. */
  readonly #coming: Run<Value>[] = [];
  /** Sent, and not answered. */
  readonly #sent: Run<Value>[] = [];
  readonly #abandoned = new AbortController();
  #runs = 0;
  /** Since when Postgres has been at the first that was sent. */
  #since = 0;
  /** What has arrived of its answer. */
  #bytes = 0;
  #loan: Loan | undefined;
  #connection: Connection | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** It runs nothing more. */
  #isClosed = false;
  /** It is our turn on the connection. */
  #isNext = false;
  /** A transaction has failed, and is still open. */
  #hasFailed = false;
  #isOver = false;

  /** `onEnd` is told once, when nothing runs any more. */
  constructor(statement: PreparedStatement, manner: Manner<Value>, onEnd: () => void) {
    this.#statement = statement;
    this.#name = `${statement.name}+`;
    this.#manner = manner;
    this.#onEnd = onEnd;
  }

  /** Whether another may join. */
  get isOpen(): boolean {
    const isYoung = performance.now() - this.#openedAt < OPEN_MS;
    return isYoung && this.#runs < RUNS_MAX && !this.#isClosed;
  }

  /** Aborted when nobody waits for it. */
  get abandoned(): AbortSignal {
    return this.#abandoned.signal;
  }

  /** Runs the statement. Resolves with nothing if it is handed back, and rejects with why the call was given up as soon as it is. */
  run(values: readonly (string | null)[], call: Abortable): Promise<Answer<Value> | undefined> {
    this.#runs += 1;
    const run = new Run<Value>(values, call, this.#heedGivenUp);
    // Those that come in this turn are sent together.
    if (this.#coming.push(run) === 1 && this.#connection !== undefined) {
      process.nextTick(this.#send);
    }
    return run.answer;
  }

  /** Has a connection to itself from now on, which it gives back. False if it is over. */
  take(loan: Loan): boolean {
    if (this.#isOver) loan.end(false);
    else this.#loan = loan;
    return !this.#isOver;
  }

  /** Begins with what has come so far: the connection is ready. */
  begin(): void {
    if (this.#isOver) return;
    this.#timer = setInterval(this.#lookForSlow, QUICK_MS).unref();
    this.#goOn();
  }

  /** There is no connection: all are told so. */
  fail(error: unknown): void {
    if (this.#isOver) return;
    for (const run of this.#coming.splice(0)) run.fail(error);
    this.#close();
    this.#loan?.end(true);
  }

  submit(connection: Connection): void {
    this.#isNext = true;
    if (this.#connection === undefined) {
      this.#connection = connection;
      connection.stream.on('data', this.#count);
    }
    this.#send();
  }

  handleRowDescription({ fields }: RowDescription): void {
    const client = this.#loan?.client;
    if (client === undefined) return;
    const { shapes, parserOf } = this.#manner;
    const shape = new Shape(fields, (typeId) => parserOf(client, typeId));
    shapes.set(client, (shapes.get(client) ?? new Map()).set(this.#name, shape));
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
    const since = this.#since;
    const run = this.#next();
    if (run?.isSettled === false) {
      this.#statement.took(this.#since - since);
      run.end(this.#shape);
    }
    this.#goOn();
  }

  handleError(error: Error): void {
    if (this.#isOver) return;
    this.#handBackAll();
    // It may be that what is prepared is gone, or is of tables that have changed.
    if (this.#loan !== undefined) this.#manner.shapes.get(this.#loan.client)?.delete(this.#name);
    const writes = codeOf(error) === READ_ONLY;
    if (writes) this.#statement.writes();
    const explained = explainQuery(error);
    if (!writes && explained instanceof Failure && explained.code === 'unavailable') {
      this.#end(true);
      return;
    }
    this.#hasFailed = true;
    this.#next();
    // Its turn comes when Postgres is ready again.
    if (this.#sent.length > 0) this.#loan?.client.query(this);
    else this.#end(false);
  }

  get #shape(): Shape<Value> | undefined {
    return this.#loan && this.#manner.shapes.get(this.#loan.client)?.get(this.#name);
  }

  /** Postgres turns to the next one. Returns the one before. */
  #next(): Run<Value> | undefined {
    this.#since = performance.now();
    this.#bytes = 0;
    return this.#sent.shift();
  }

  /** `pg` takes us for done each time Postgres is ready again. */
  #goOn(): void {
    if (this.#isOver) return;
    if (this.#sent.length === 0 && this.#coming.length === 0) {
      this.#end(false);
      return;
    }
    this.#isNext = false;
    this.#loan?.client.query(this);
    if (this.#isNext) return;
    // Somebody else has asked something on our connection: what comes now may be theirs.
    this.#handBackAll();
    this.#end(true);
  }

  /** Nobody joins any more. The answers to what was sent are still to come. */
  #handBackAll(from = 0): void {
    this.#isClosed = true;
    this.#statement.turnsSlow();
    for (const run of this.#sent.slice(from)) run.handBack();
    for (const run of this.#coming.splice(0)) run.handBack();
  }

  #end(isBroken: boolean): void {
    this.#close();
    // What is still to come would come to nobody.
    if (isBroken) this.#connection?.stream.destroy();
    if (this.#hasFailed && !isBroken) this.#loan?.endFailed();
    else this.#loan?.end(isBroken);
  }

  #close(): void {
    this.#isClosed = true;
    this.#isOver = true;
    clearInterval(this.#timer);
    this.#connection?.stream.off('data', this.#count);
    this.#onEnd();
  }

  readonly #send = (): void => {
    const connection = this.#connection;
    if (connection === undefined || this.#isOver) return;
    const name = this.#name;
    const isKnown = this.#shape !== undefined;
    // What it returns is told by the first, and the others wait for that.
    const now = isKnown ? this.#coming.splice(0) : this.#coming.splice(0, 1 - this.#sent.length);
    if (this.#sent.length === 0) this.#since = performance.now();
    connection.stream.cork();
    for (const run of now) {
      say(connection, 'begin read only');
      if (!isKnown) {
        // One that failed before it was described may be there.
        connection.close({ type: 'S', name }, true);
        connection.parse({ name, text: this.#statement.text, types: [] }, true);
      }
      connection.bind({ statement: name, values: [...run.values] }, true);
      if (!isKnown) connection.describe({ type: 'P' }, true);
      execute(connection, this.#manner.rowsMax);
      say(connection, 'commit');
      connection.sync();
      this.#sent.push(run);
    }
    connection.stream.uncork();
  };

  readonly #heedGivenUp = (given: Run<Value>): void => {
    const at = this.#coming.indexOf(given);
    if (at >= 0) this.#coming.splice(at, 1);
    this.#endUnlessWanted();
  };

  #endUnlessWanted(): void {
    const isWanted = [...this.#sent, ...this.#coming].some(({ isSettled }) => !isSettled);
    if (isWanted || this.#isOver) return;
    this.#statement.turnsSlow();
    this.#close();
    this.#abandoned.abort();
    this.#loan?.takeAway();
  }

  /** Nobody waits behind one that is slow. */
  readonly #lookForSlow = (): void => {
    // What has arrived meanwhile is read before.
    setImmediate(() => {
      const isSlow = this.#sent.length > 0 && performance.now() - this.#since > QUICK_MS;
      if (!isSlow || this.#isOver) return;
      if (!this.#isClosed) this.#handBackAll(1);
      this.#endUnlessWanted();
    });
  };

  /** Alone, one that is so large is fetched by parts, or told of. */
  readonly #count = ({ length }: Buffer): void => {
    this.#bytes += length;
    if (this.#bytes <= BYTES_MAX || this.#isOver) return;
    this.#handBackAll();
    this.#end(true);
  };
}

/** Runs what has no parameters and returns nothing. */
function say(connection: Connection, text: string): void {
  connection.parse({ name: '', text, types: [] }, true);
  connection.bind({}, true);
  execute(connection);
}
