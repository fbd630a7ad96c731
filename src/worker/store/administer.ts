import { type Client, DatabaseError, type PoolClient } from 'pg';
import type Pool from 'pg-pool';

import { codeOf, Failure } from '../../shared/errors.ts';
import { HOLDFAST_SCHEMA, migrationNames } from './migrate.ts';
import { createPool, serverOf } from './pool.ts';
import { explainQuery } from './query.ts';

/** The database, open until disposed of. */
export interface OpenDatabase extends AsyncDisposable {
  readonly pool: Pool<Client>;
  /** Does work in a transaction, and with what it throws it is undone. */
  readonly transact: <Result>(work: (client: Client) => Promise<Result>) => Promise<Result>;
}

const NO_SUCH_TABLE = '42P01';
const NO_SUCH_COLUMN = '42703';
const NO_RIGHT = '42501';
/** SQLSTATE of those who may not come in: a wrong user or password, or a database that is not there. */
const REFUSED = /^(28|3D|42501)/;

/** Opens the database for somebody who administers it. Throws a `Failure` that says what is wrong with it, if anything is. */
export async function openForAdministration(url: string): Promise<OpenDatabase> {
  const pool = createPool({ url, connectionsMax: 1, name: 'holdfast cli' });
  // What breaks while nobody uses it is of no account.
  pool.on('error', () => undefined);
  const database: OpenDatabase = {
    pool,
    transact: (work) => transact(pool, work),
    [Symbol.asyncDispose]: () => pool.end(),
  };
  try {
    const { rows } = await pool.query(
      `select from ${HOLDFAST_SCHEMA}.migrations where name = any($1)`,
      [migrationNames()],
    );
    if (rows.length < migrationNames().length) throw outdated();
    return database;
  } catch (error) {
    await pool.end();
    throw explainOpening(error, serverOf(url));
  }
}

/** What somebody who administers has to know of a statement that failed; what else it is, is a bug. */
function explainAdministration(error: unknown): unknown {
  if (error instanceof Failure) return error;
  const code = codeOf(error);
  if (code === NO_SUCH_TABLE || code === NO_SUCH_COLUMN) return outdated(error);
  if (code !== NO_RIGHT) return explainQuery(error);
  return new Failure('unauthorized', `Postgres does not let this user do that (${NO_RIGHT})`, {
    cause: error,
    remedy: 'Use the user in DATABASE_URL that Holdfast itself uses.',
  });
}

function outdated(cause?: unknown): Failure {
  return new Failure('unavailable', 'The database is of an older version than this command', {
    cause,
    remedy: 'Start this version of Holdfast on it once.',
  });
}

async function transact<Result>(
  pool: Pool<Client>,
  work: (client: Client) => Promise<Result>,
): Promise<Result> {
  const client = await connect(pool);
  try {
    await client.query('begin');
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw explainAdministration(error);
  } finally {
    client.release();
  }
}

async function connect(pool: Pool<Client>): Promise<PoolClient> {
  try {
    return await pool.connect();
  } catch (error) {
    throw explainQuery(error);
  }
}

function explainOpening(error: unknown, address: string): Failure {
  if (error instanceof Failure) return error;
  const code = codeOf(error) ?? 'no answer in time';
  if (code === NO_SUCH_TABLE) {
    return new Failure('invalid', `No Holdfast has been at work in the database at ${address}`, {
      cause: error,
      remedy: 'Start it once: it makes what it needs.',
    });
  }
  if (error instanceof DatabaseError && REFUSED.test(code)) {
    return new Failure('unauthorized', `Postgres at ${address} refuses us (${code})`, {
      cause: error,
      remedy: 'Correct user, password or database in DATABASE_URL.',
    });
  }
  return new Failure('unavailable', `Postgres at ${address} cannot be reached (${code})`, {
    cause: error,
    remedy: 'Start it, or correct DATABASE_URL.',
  });
}
