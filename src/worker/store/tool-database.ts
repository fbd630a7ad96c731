import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import type { Client, ClientBase, PoolClient } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type Pool from 'pg-pool';

import { Failure } from '../../shared/errors.ts';
import { Share } from '../../shared/share.ts';
import type {
  CallDatabase,
  CopyRows,
  DatabaseSource,
  Described,
  SetupDatabase,
  SqlValue,
  Taken,
  TakeOptions,
} from '../domain/database.ts';
import { encodeCopy, noteFault } from './copy-rows.ts';
import { explainQuery, query, type Statement } from './query.ts';
import { describeOn, takeOn } from './take.ts';

const PREPARED_MAX = 500;
/** What calls wait for, as they are told. */
const WHAT = 'the database';
/** Statements after which a connection is no longer as others expect it. What lasts as long as a transaction is none. */
const CHANGES_CONNECTION =
  /^\s*(?:set\s(?!\s*(?:local|transaction|constraints)\s)|(?:reset|listen|load|prepare|discard|create\s+temp\w*)\s)|\b(?:set_config|pg_(?:try_)?advisory_lock\w*)\s*\(/i;

const CANCEL: Statement = {
  name: 'cancel backend',
  text: 'select pg_cancel_backend($1)',
};

/** The connections whose `search_path` is set, and to what: a pool hands them to every folder in turn. */
const schemaOf = new WeakMap<ClientBase, string>();
/** The connections that a tool has made its own. */
const changed = new WeakSet<ClientBase>();
/** What all tools together may have of a pool: a fifth is left to our own statements. */
const shareOfTools = new WeakMap<Pool<Client>, Share>();

/**
 * The database of one tool, on connections that it shares with the others. It gets half of them at most,
 * however slow its statements are. When its call ends, so do they, and its connection is free.
 */
export class PooledDatabase implements DatabaseSource {
  readonly #pool: Pool<Client>;
  readonly #schema: string;
  readonly #statements = new PreparedStatements();
  readonly #ofOne: Share;
  readonly #ofTools: Share;

  constructor(pool: Pool<Client>, schema: string) {
    this.#pool = pool;
    this.#schema = schema;
    const { max } = pool.options;
    this.#ofOne = new Share(Math.max(1, Math.floor(max / 2)), WHAT);
    this.#ofTools =
      shareOfTools.get(pool) ?? new Share(Math.max(1, max - Math.ceil(max / 5)), WHAT);
    shareOfTools.set(pool, this.#ofTools);
  }

  during(signal: AbortSignal): CallDatabase {
    return {
      query: (sql, values) => this.#borrow(signal, (database) => database.query(sql, values)),
      transaction: (work) => this.#borrow(signal, (database) => database.transaction(work)),
      take: (sql, values, options) =>
        this.#borrow(signal, (database) => database.take(sql, values, options)),
      describe: (sql) => this.#borrow(signal, (database) => database.describe(sql)),
    };
  }

  async #borrow<Result>(
    signal: AbortSignal,
    work: (database: ClientDatabase) => Promise<Result>,
  ): Promise<Result> {
    const loan = await this.#lend(signal);
    const { client } = loan;
    // The work may not listen to its signal, and the statement that it waits for runs on.
    const takeAway = (): void => {
      loan.end(true);
      this.#cancel(client);
    };
    signal.addEventListener('abort', takeAway);
    try {
      // It may have waited long for its turn: who gave up meanwhile does not keep others waiting.
      signal.throwIfAborted();
      await enterSchema(client, this.#schema);
      return await work(new ClientDatabase(client, this.#schema, this.#statements));
    } catch (error) {
      signal.throwIfAborted();
      loan.end(error instanceof Failure && error.code === 'unavailable');
      throw error;
    } finally {
      signal.removeEventListener('abort', takeAway);
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
      return new Loan(await this.#connect(), ofOne, ofTools);
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

  /** Ends what runs on a connection, which is closed already: Postgres itself would not notice before it is done. */
  #cancel(client: ClientBase): void {
    // The types do not tell of it.
    if (!('processID' in client)) return;
    // Should Postgres be away, its time limit ends it.
    query(this.#pool, CANCEL, [client.processID]).catch(() => undefined);
  }
}

/** A connection of the pool while a call has it, and its places in the shares. */
class Loan {
  readonly client: Client & PoolClient;
  readonly #ofOne: Disposable;
  readonly #ofTools: Disposable;
  #isOver = false;

  constructor(client: Client & PoolClient, ofOne: Disposable, ofTools: Disposable) {
    this.client = client;
    this.#ofOne = ofOne;
    this.#ofTools = ofTools;
  }

  /** Gives it back. One that is broken nobody gets again. */
  end(isBroken: boolean): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#ofTools[Symbol.dispose]();
    this.#ofOne[Symbol.dispose]();
    this.client.release(isBroken || changed.has(this.client));
  }
}

/** A database on one connection, whose `search_path` is set. */
export class ClientDatabase implements SetupDatabase, CallDatabase {
  readonly #client: ClientBase;
  readonly #schema: string;
  readonly #statements: PreparedStatements;
  /** Transactions around it. */
  readonly #depth: number;

  constructor(
    client: ClientBase,
    schema: string,
    statements = new PreparedStatements(),
    depth = 0,
  ) {
    this.#client = client;
    this.#schema = schema;
    this.#statements = statements;
    this.#depth = depth;
  }

  async query<Row extends object>(
    sql: string,
    values: readonly unknown[] = [],
  ): Promise<readonly Row[]> {
    const name = this.#statements.nameOf(sql, this.#schema);
    if (CHANGES_CONNECTION.test(sql)) changed.add(this.#client);
    try {
      const { rows } = await this.#client.query<Row>({ name, text: sql, values: [...values] });
      return rows;
    } catch (error) {
      throw explainQuery(error);
    }
  }

  /** Within another it is a savepoint: undone alone, or with the other. */
  async transaction<Result>(work: (database: SetupDatabase) => Promise<Result>): Promise<Result> {
    const savepoint = `depth_${this.#depth}`;
    const [begin, commit, rollback] =
      this.#depth === 0
        ? ['begin', 'commit', 'rollback']
        : [`savepoint ${savepoint}`, `release ${savepoint}`, `rollback to ${savepoint}`];
    await this.#say(begin);
    try {
      const within = [this.#client, this.#schema, this.#statements, this.#depth + 1] as const;
      const result = await work(new ClientDatabase(...within));
      // To a commit after a statement that failed unheeded Postgres answers ROLLBACK, and no error.
      if ((await this.#say(commit)) === 'ROLLBACK') {
        throw new Error('A statement of this transaction had failed: nothing of it is kept');
      }
      return result;
    } catch (error) {
      // Should the connection be gone, Postgres has rolled back already.
      await this.#client.query(rollback).catch(() => undefined);
      throw error;
    }
  }

  async take(sql: string, values: readonly SqlValue[], options: TakeOptions): Promise<Taken> {
    if (CHANGES_CONNECTION.test(sql)) changed.add(this.#client);
    return takeOn(this.#client, sql, values, options);
  }

  async describe(sql: string): Promise<Described> {
    return describeOn(this.#client, sql);
  }

  async copy(table: string, columns: readonly string[], rows: CopyRows): Promise<number> {
    const names = columns.map((column) => this.#client.escapeIdentifier(column)).join(', ');
    const sql = `copy ${this.#client.escapeIdentifier(table)} (${names}) from stdin`;
    const copying = this.#client.query(copyFrom(sql));
    const source = { fault: undefined as unknown }; // what the rows throw is theirs, and passes as it is
    try {
      await pipeline(Readable.from(encodeCopy(noteFault(rows, source))), copying);
    } catch (error) {
      throw error === source.fault ? error : explainQuery(error);
    }
    return copying.rowCount;
  }

  /** Resolves with what Postgres says it did. */
  async #say(statement: string): Promise<string> {
    try {
      const { command } = await this.#client.query(statement);
      return command;
    } catch (error) {
      throw explainQuery(error);
    }
  }
}

/** Names under which connections keep statements prepared. Texts that come after the first few hundred are not kept: they are not constants. */
class PreparedStatements {
  readonly #names = new Map<string, string>();

  nameOf(sql: string, schema: string): string | undefined {
    const known = this.#names.get(sql);
    if (known !== undefined || this.#names.size >= PREPARED_MAX) return known;
    const name = createHash('md5').update(`${schema} ${sql}`).digest('base64url');
    this.#names.set(sql, name);
    return name;
  }
}

/** Makes names in statements mean the tables of that schema. */
export async function enterSchema(client: ClientBase, schema: string): Promise<void> {
  if (schemaOf.get(client) === schema) return;
  try {
    await client.query(`set search_path to ${client.escapeIdentifier(schema)}, public`);
  } catch (error) {
    throw explainQuery(error);
  }
  schemaOf.set(client, schema);
}
