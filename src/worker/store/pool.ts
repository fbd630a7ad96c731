import { Client } from 'pg';
import Pool from 'pg-pool';

import type { Dependency } from './dependency.ts';
import { PostgresProbe } from './postgres-probe.ts';
import { type ReachOptions, untilReachable } from './reach.ts';

const CONNECT_TIMEOUT_MS = 5_000;
/** For who waits at the other end of a call. Who may wait longer for its turn does so before. */
const BORROW_TIMEOUT_MS = 2_000;
/** When Postgres ends a statement that nobody ended before. */
export const STATEMENT_TIMEOUT_MS = 30_000;

export interface PoolOptions extends ReachOptions {
  readonly url: string;
  readonly connectionsMax: number;
}

/** A pool, and how to find out whether its Postgres works. */
export interface OpenPool extends AsyncDisposable {
  readonly pool: Pool<Client>;
  readonly dependency: Dependency;
}

/** Opens the pool once Postgres has really answered. Later losses are each statement's own affair. */
export async function openPool({ url, connectionsMax, ...reach }: PoolOptions): Promise<OpenPool> {
  await using opened = new AsyncDisposableStack();
  const asking = opened.use(new PostgresProbe(() => openClient(url, 'holdfast probe')));
  const dependency: Dependency = {
    name: 'postgres',
    required: true,
    address: serverOf(url),
    variable: 'DATABASE_URL',
    ask: () => asking.ask(),
  };
  await untilReachable(dependency, reach);
  const pool = createPool({ url, connectionsMax, name: 'holdfast' });
  // Without a listener, a connection that breaks while nobody uses it would end the process.
  pool.on('error', (error) => {
    reach.log.debug('idle postgres connection broke', { error });
  });
  opened.defer(() => pool.end());
  const kept = opened.move();
  return { pool, dependency, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

/** Makes a pool. Nothing is connected yet. */
export function createPool({
  url,
  connectionsMax,
  name,
}: {
  readonly url: string;
  readonly connectionsMax: number;
  readonly name: string;
}): Pool<Client> {
  const pool = new Pool<Client>({
    connectionString: url,
    max: connectionsMax,
    connectionTimeoutMillis: BORROW_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    application_name: name,
  });
  // A connection in use that breaks says so twice: to its statement, and to nobody, which would end the process too.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

/** Opens a connection of its own, for work that may take long: no statement of it is cut off. */
export async function openClient(url: string, name = 'holdfast canary'): Promise<Client> {
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    application_name: name,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch (error) {
    // Where it is the driver that gives up, its socket stays open, half let in.
    void client.end();
    throw error;
  }
  return client;
}

/** A URL as far as it may be shown. */
export function serverOf(url: string): string {
  const { hostname, port, pathname } = new URL(url);
  return `${hostname}${port === '' ? '' : `:${port}`}${pathname}`;
}
