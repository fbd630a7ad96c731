import type { Client, PoolClient } from 'pg';
import type Pool from 'pg-pool';

import { Failure } from '../../../shared/errors.ts';
import { Share } from '../../../shared/share.ts';
import { type Abortable, signalOf } from '../../domain/cancellation.ts';
import type {
  CallDatabase,
  DatabaseSource,
  JsonValue,
  SqlValue,
  Taken,
  TakeOptions,
} from '../../domain/database.ts';
import { ClientDatabase, enterSchema } from './client-database.ts';
import { Loan } from './loan.ts';
import type { Manner } from './pipeline.ts';
import { type PipelineSource, Pipelines } from './pipelines.ts';
import { PreparedStatements } from './prepared-statements.ts';
import { encode, TAKES_ONE, takenOf, takesOne } from './take.ts';

/** What calls wait for, as they are told. */
const WHAT = 'the database';
const PLAIN: ReadonlySet<string> = new Set(['string', 'number', 'bigint', 'boolean']);

/** As the driver runs them. */
const QUERIES: Manner<unknown> = {
  parserOf: (client, typeId) => client.getTypeParser(typeId, 'text'),
  shapes: new WeakMap(),
};

/** What all tools together may have of a pool: a fifth is left to our own statements. */
const shareOfTools = new WeakMap<Pool<Client>, Share>();

/**
 * The database of one tool, on connections that it shares with the others. It gets half of them at most, however slow its
 * statements are. When its call ends, so do they, and its connection is free. Calls of a statement that has been quick
 * follow each other on one.
 */
export class PooledDatabase implements DatabaseSource {
  readonly #pool: Pool<Client>;
  readonly #schema: string;
  readonly #statements: PreparedStatements;
  readonly #pipelines: Pipelines<unknown>;
  /** Statements that are taken one row of. */
  readonly #takes: PreparedStatements;
  readonly #takePipelines: Pipelines<JsonValue>;
  readonly #ofOne: Share;
  readonly #ofTools: Share;

  constructor(pool: Pool<Client>, schema: string) {
    this.#pool = pool;
    this.#schema = schema;
    this.#statements = new PreparedStatements(schema);
    this.#takes = new PreparedStatements(`${schema} take`);
    const source: PipelineSource = {
      lend: (signal) => this.#lend(signal),
      enter: (client) => enterSchema(client, schema),
    };
    this.#pipelines = new Pipelines(QUERIES, source);
    this.#takePipelines = new Pipelines(TAKES_ONE, source);
    const { max } = pool.options;
    this.#ofOne = new Share(Math.max(1, Math.floor(max / 2)), WHAT);
    this.#ofTools =
      shareOfTools.get(pool) ?? new Share(Math.max(1, max - Math.ceil(max / 5)), WHAT);
    shareOfTools.set(pool, this.#ofTools);
  }

  during(call: Abortable): CallDatabase {
    return {
      query: (sql, values) => this.#query(call, sql, values),
      transaction: (work) => this.#borrow(signalOf(call), (database) => database.transaction(work)),
      take: (sql, values, options) => this.#take(call, sql, values, options),
      describe: (sql) => this.#borrow(signalOf(call), (database) => database.describe(sql)),
    };
  }

  async #query<Row extends object>(
    call: Abortable,
    sql: string,
    values: readonly unknown[] = [],
  ): Promise<readonly Row[]> {
    const statement = this.#statements.find(sql);
    if (statement?.isQuick === true && values.every(isPlain)) {
      const answer = await this.#pipelines.run(statement, values.map(encodePlain), call);
      // oxlint-disable-next-line no-unsafe-type-assertion -- what rows there are the caller says, as with the driver
      if (answer !== undefined) return answer.rows.map((row) => row.values) as readonly Row[];
    }
    return this.#borrow(signalOf(call), (database) => database.query(sql, values));
  }

  async #take(
    call: Abortable,
    sql: string,
    values: readonly SqlValue[],
    options: TakeOptions,
  ): Promise<Taken> {
    const statement = takesOne(options) ? this.#takes.find(sql) : undefined;
    if (statement?.isQuick === true) {
      const answer = await this.#takePipelines.run(statement, values.map(encode), call);
      if (answer !== undefined) return takenOf(answer, options);
    }
    return this.#borrow(signalOf(call), async (database) => {
      const startedAt = performance.now();
      const taken = await database.take(sql, values, options);
      statement?.took(performance.now() - startedAt);
      return taken;
    });
  }

  async #borrow<Result>(
    signal: AbortSignal,
    work: (database: ClientDatabase) => Promise<Result>,
  ): Promise<Result> {
    const loan = await this.#lend(signal);
    const { client } = loan;
    const database = new ClientDatabase(client, this.#schema, this.#statements);
    // The work may not listen to its signal, and the statement that it waits for runs on.
    const takeAway = (): void => {
      database.end();
      loan.takeAway();
    };
    signal.addEventListener('abort', takeAway);
    try {
      // It may have waited long for its turn: who gave up meanwhile does not keep others waiting.
      signal.throwIfAborted();
      await enterSchema(client, this.#schema);
      return await work(database);
    } catch (error) {
      signal.throwIfAborted();
      loan.end(error instanceof Failure && error.code === 'unavailable');
      throw error;
    } finally {
      signal.removeEventListener('abort', takeAway);
      database.end();
      loan.end(false);
    }
  }

  /** Its own place comes first: what waits for that does not stand in the way of others. */
  async #lend(signal: AbortSignal): Promise<Loan> {
    // Not with `using`, which costs as much as the rest of it.
    const ofOne = await this.#ofOne.take(signal);
    let ofTools: Disposable | undefined;
    try {
      ofTools = await this.#ofTools.take(signal);
      return new Loan(this.#pool, await this.#connect(), [ofTools, ofOne]);
    } catch (error) {
      ofTools?.[Symbol.dispose]();
      ofOne[Symbol.dispose]();
      throw error;
    }
  }

  async #connect(): Promise<Client & PoolClient> {
    try {
      return await this.#pool.connect();
    } catch (error) {
      throw new Failure('unavailable', 'The database cannot be reached', { cause: error });
    }
  }
}

/** What can be said to Postgres as it is. */
type PlainValue = string | number | bigint | boolean | null | undefined;

function isPlain(value: unknown): value is PlainValue {
  return value === null || value === undefined || PLAIN.has(typeof value);
}

function encodePlain(value: PlainValue): string | null {
  return value === null || value === undefined ? null : String(value);
}
