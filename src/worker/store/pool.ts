import { Client } from 'pg';
import Pool from 'pg-pool';

import type { Logger } from '../../shared/logger.ts';
import { untilReachable } from './reach.ts';

const CONNECT_TIMEOUT_MS = 5_000;
const STATEMENT_TIMEOUT_MS = 30_000;

export interface PoolOptions {
  readonly url: string;
  readonly connectionsMax: number;
  /** How long Postgres may be away now, at the start. */
  readonly deadlineMs: number;
  readonly log: Logger;
}

/** Opens the pool once Postgres has really answered. Later losses are each statement's own affair. */
export async function openPool({
  url,
  connectionsMax,
  deadlineMs,
  log,
}: PoolOptions): Promise<Pool<Client>> {
  const pool = new Pool<Client>({
    connectionString: url,
    max: connectionsMax,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    application_name: 'holdfast',
  });
  // Without a listener, a connection that breaks while nobody uses it would end the process.
  pool.on('error', (error) => {
    log.debug('idle postgres connection broke', { error });
  });
  // A connection in use that breaks says so twice: to its statement, and to nobody, which would end the process too.
  pool.on('connect', (client) => client.on('error', () => undefined));
  const probe = (): Promise<unknown> => pool.query('select 1');
  await untilReachable(probe, {
    name: 'postgres',
    address: addressOf(url),
    variable: 'DATABASE_URL',
    deadlineMs,
    log,
  });
  return pool;
}

/** Opens a connection of its own, for work that may take long: no statement of it is cut off. */
export async function openClient(url: string): Promise<Client> {
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    application_name: 'holdfast canary',
  });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** A URL as far as it may be shown. */
export function addressOf(url: string): string {
  const { hostname, port, pathname } = new URL(url);
  return `${hostname}${port === '' ? '' : `:${port}`}${pathname}`;
}
