import type { Client } from 'pg';
import type Pool from 'pg-pool';

import { codeOf, Failure } from '../../shared/errors.ts';
import {
  isListOf,
  isNullable,
  isNumber,
  isOneOf,
  isRecordOf,
  isShaped,
  isString,
} from '../../shared/shape.ts';
import { LOG_LEVELS, type LogLevel } from '../domain/log-level.ts';
import {
  type Session,
  type Sessions,
  SUBSCRIPTIONS_MAX,
  URI_LENGTH_MAX,
} from '../domain/session.ts';
import { query, type Statement } from './query.ts';
import { isAnything, type SessionCache, type SessionCopy } from './session-cache.ts';

/** What an agent says of itself and of what it can, as JSON. Some hundred characters are usual. */
const CLIENT_LENGTH_MAX = 65_536;
/** Visible ASCII (MCP 2025-11-25, basic/transports). Ours are long enough not to be guessed. */
const SESSION_ID = /^[\x21-\x7e]{16,128}$/;
/** Texts with a NUL or half a character, which Postgres does not keep. */
const UNFIT: ReadonlySet<string | undefined> = new Set(['22021', '22P02', '22P05']);

const COLUMNS = `id, principal, revision, client_name, client_version, capabilities, log_level,
  subscriptions, changes, ended_at`;

const CREATE: Statement = {
  name: 'create session',
  text: `
    insert into holdfast.sessions
      (id, principal, revision, client_name, client_version, capabilities, log_level, subscriptions)
    values ($1, $2, $3, $4, $5, $6, $7, $8)
    returning ${COLUMNS}`,
};

/** While a copy of it is in Redis nobody comes here, so that a session is noted to be seen about once a minute. */
const NOTE_SEEN = `
  update holdfast.sessions set last_seen_at = now()
  where id = $1 and ended_at is null and last_seen_at < now() - interval '1 minute'`;

const FIND: Statement = {
  name: 'find session',
  text: `with seen as (${NOTE_SEEN}) select ${COLUMNS} from holdfast.sessions where id = $1`,
};

const SET_LOG_LEVEL = changing('set log level of session', 'log_level = $2');

const SUBSCRIBE = changing(
  'subscribe session',
  `subscriptions = case when $2 = any(subscriptions) then subscriptions
    else array_append(subscriptions, $2) end`,
  '($2 = any(subscriptions) or cardinality(subscriptions) < $3)',
);

const UNSUBSCRIBE = changing(
  'unsubscribe session',
  'subscriptions = array_remove(subscriptions, $2)',
);

const END = changing('end session', "ended_at = now(), end_reason = 'asked'");

const isRow = isShaped({
  id: isString,
  principal: isString,
  revision: isString,
  client_name: isString,
  client_version: isString,
  capabilities: isRecordOf(isAnything),
  log_level: isNullable(isOneOf(LOG_LEVELS)),
  subscriptions: isListOf(isString),
  changes: isNumber,
  ended_at: isAnything,
});

/**
 * Sessions in Postgres, with copies in Redis that are asked first. A copy is written anew before a
 * change is done. Should Redis be away just then, and be back with what it had, workers may find
 * the old copy until its minute is over.
 */
export class StoredSessions implements Sessions {
  readonly #pool: Pool<Client>;
  readonly #cache: SessionCache;

  constructor(pool: Pool<Client>, cache: SessionCache) {
    this.#pool = pool;
    this.#cache = cache;
  }

  /** Throws a `Failure` (`invalid`) for what an agent may not say of itself. */
  async create(session: Session): Promise<void> {
    const { id, principal, revision, client, logLevel, subscriptions } = session;
    if (!SESSION_ID.test(id))
      throw new Error('The id of a session is 16 to 128 visible characters');
    const capabilities = JSON.stringify(session.capabilities);
    if (capabilities.length + client.name.length + client.version.length > CLIENT_LENGTH_MAX) {
      throw new Failure('invalid', 'Client information and capabilities are too long');
    }
    const agreed = [principal, revision, client.name, client.version, capabilities];
    try {
      await this.#write(CREATE, [id, ...agreed, logLevel, subscriptions]);
    } catch (error) {
      if (!UNFIT.has(codeOf(error))) throw error;
      throw new Failure('invalid', 'Client information and capabilities must be readable text', {
        cause: error,
      });
    }
  }

  async find(id: string): Promise<Session | 'ended' | undefined> {
    if (!SESSION_ID.test(id)) return undefined;
    const copy = (await this.#cache.find(id)) ?? (await this.#write(FIND, [id]));
    return copy && (copy.session ?? 'ended');
  }

  async setLogLevel(id: string, level: LogLevel): Promise<boolean> {
    return this.#change(SET_LOG_LEVEL, id, level);
  }

  /** Throws a `Failure` (`invalid`) for what is no URI. */
  async subscribe(id: string, uri: string): Promise<boolean> {
    checkUri(uri);
    if (await this.#change(SUBSCRIBE, id, uri, SUBSCRIPTIONS_MAX)) return true;
    const open = SESSION_ID.test(id) && (await this.#write(FIND, [id]))?.session;
    if (!open) return false;
    throw new Failure('limited', `A session may subscribe to ${SUBSCRIPTIONS_MAX} resources`);
  }

  /** Throws a `Failure` (`invalid`) for what is no URI. */
  async unsubscribe(id: string, uri: string): Promise<boolean> {
    checkUri(uri);
    return this.#change(UNSUBSCRIBE, id, uri);
  }

  async end(id: string): Promise<boolean> {
    return this.#change(END, id);
  }

  async #change(statement: Statement, id: string, ...values: unknown[]): Promise<boolean> {
    if (!SESSION_ID.test(id)) return false;
    return (await this.#write(statement, [id, ...values])) !== undefined;
  }

  /** Runs a statement, and keeps a copy of the row it returns, if any. */
  async #write(
    statement: Statement,
    [id, ...values]: readonly [id: string, ...unknown[]],
  ): Promise<SessionCopy | undefined> {
    const [row] = await query(this.#pool, statement, [id, ...values]);
    if (row === undefined) return undefined;
    const copy = parseRow(row);
    await this.#cache.keep(id, copy);
    return copy;
  }
}

/** A statement that changes a session that is open. */
function changing(name: string, assignments: string, condition = 'true'): Statement {
  return {
    name,
    text: `
      update holdfast.sessions
      set ${assignments}, changes = changes + 1, last_seen_at = now()
      where id = $1 and ended_at is null and ${condition}
      returning ${COLUMNS}`,
  };
}

function parseRow(row: unknown): SessionCopy {
  if (!isRow(row)) throw new Error('A row of sessions is not as our migrations made it');
  const { id, principal, revision, capabilities, subscriptions, changes } = row;
  if (row.ended_at !== null) return { changes, session: undefined };
  const client = { name: row.client_name, version: row.client_version };
  const logLevel = row.log_level ?? undefined;
  const agreed = { principal, revision, client, capabilities, logLevel };
  return { changes, session: { id, ...agreed, subscriptions } };
}

function checkUri(uri: string): void {
  if (uri.length <= URI_LENGTH_MAX && uri.isWellFormed() && !uri.includes('\0')) return;
  throw new Failure('invalid', `A URI has ${URI_LENGTH_MAX} readable characters at most`);
}
