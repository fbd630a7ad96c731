import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { type ClientBase, DatabaseError, type QueryResult } from 'pg';

import type {
  CallDatabase,
  CopyRows,
  Described,
  SetupDatabase,
  SqlValue,
  Taken,
  TakeOptions,
} from '../../domain/database.ts';
import { explainQuery } from '../query.ts';
import { encodeCopy, noteFault } from './copy-rows.ts';
import { markChanged } from './loan.ts';
import { changesConnection, PreparedStatements } from './prepared-statements.ts';
import { describeOn, takeOn } from './take.ts';

/** What Postgres says of a statement that is not prepared, or would return something else than when it was. */
const STALE: ReadonlySet<string | undefined> = new Set(['26000', '0A000']);

/** The connections whose `search_path` is set, and to what: a pool hands them to every folder in turn. */
const schemaOf = new WeakMap<ClientBase, string>();

/** A database on one connection, whose `search_path` is set, until it is ended: then others have the connection. */
export class ClientDatabase implements SetupDatabase, CallDatabase {
  readonly #client: ClientBase;
  readonly #schema: string;
  readonly #statements: PreparedStatements;
  /** Transactions around it. */
  readonly #depth: number;
  #isOver = false;

  constructor(
    client: ClientBase,
    schema: string,
    statements = new PreparedStatements(schema),
    depth = 0,
  ) {
    this.#client = client;
    this.#schema = schema;
    this.#statements = statements;
    this.#depth = depth;
  }

  /** Nothing more is asked on it: whoever kept it is told so. */
  end(): void {
    this.#isOver = true;
  }

  async query<Row extends object>(
    sql: string,
    values: readonly unknown[] = [],
  ): Promise<readonly Row[]> {
    this.#refuseOnceOver();
    const statement = this.#statements.find(sql);
    if (statement?.changesConnection ?? changesConnection(sql)) markChanged(this.#client);
    const startedAt = performance.now();
    try {
      const { rows } = await this.#ask<Row>(statement?.name, sql, values);
      statement?.took(performance.now() - startedAt);
      return rows;
    } catch (error) {
      throw explainQuery(error);
    }
  }

  /** What was prepared may be gone by now, or be of tables that have changed: then it did nothing, and is asked without a name. */
  async #ask<Row extends object>(
    name: string | undefined,
    text: string,
    values: readonly unknown[],
  ): Promise<QueryResult<Row>> {
    try {
      return await this.#client.query<Row>({ name, text, values: [...values] });
    } catch (error) {
      if (name === undefined || !isStale(error)) throw error;
      markChanged(this.#client);
      // A transaction has failed by now.
      if (this.#depth > 0) throw error;
      return this.#client.query<Row>({ text, values: [...values] });
    }
  }

  /** Within another it is a savepoint: undone alone, or with the other. */
  async transaction<Result>(work: (database: SetupDatabase) => Promise<Result>): Promise<Result> {
    this.#refuseOnceOver();
    const savepoint = `depth_${this.#depth}`;
    const [begin, commit, rollback] =
      this.#depth === 0
        ? ['begin', 'commit', 'rollback']
        : [`savepoint ${savepoint}`, `release ${savepoint}`, `rollback to ${savepoint}`];
    await this.#say(begin);
    const of = [this.#client, this.#schema, this.#statements, this.#depth + 1] as const;
    const within = new ClientDatabase(...of);
    try {
      const result = await work(within);
      within.end();
      // To a commit after a statement that failed unheeded Postgres answers ROLLBACK, and no error.
      if ((await this.#say(commit)) === 'ROLLBACK') {
        throw new Error('A statement of this transaction had failed: nothing of it is kept');
      }
      return result;
    } catch (error) {
      within.end();
      // Should the connection be gone, Postgres has rolled back already.
      await this.#client.query(rollback).catch(() => undefined);
      throw error;
    }
  }

  async take(sql: string, values: readonly SqlValue[], options: TakeOptions): Promise<Taken> {
    this.#refuseOnceOver();
    if (changesConnection(sql)) markChanged(this.#client);
    return takeOn(this.#client, sql, values, options);
  }

  async describe(sql: string): Promise<Described> {
    this.#refuseOnceOver();
    return describeOn(this.#client, sql);
  }

  async copy(table: string, columns: readonly string[], rows: CopyRows): Promise<number> {
    this.#refuseOnceOver();
    const names = columns.map((column) => this.#client.escapeIdentifier(column)).join(', ');
    const sql = `copy ${this.#client.escapeIdentifier(table)} (${names}) from stdin`;
    // Few ever do, and a start does not wait for it.
    const { from: copyFrom } = await import('pg-copy-streams');
    const copying = this.#client.query(copyFrom(sql));
    const source = { fault: undefined as unknown }; // what the rows throw is theirs, and passes as it is
    try {
      await pipeline(Readable.from(encodeCopy(noteFault(rows, source))), copying);
    } catch (error) {
      throw error === source.fault ? error : explainQuery(error);
    }
    return copying.rowCount;
  }

  #refuseOnceOver(): void {
    if (this.#isOver) throw new Error('The transaction is over: await what it asks for');
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

function isStale(error: unknown): boolean {
  return error instanceof DatabaseError && STALE.has(error.code);
}
