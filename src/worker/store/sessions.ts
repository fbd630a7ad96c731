import type { Client } from 'pg';
import type Pool from 'pg-pool';

import { codeOf, Failure } from '../../shared/errors.ts';
import {
  isBoolean,
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
import type { EndedSessions } from './ended-sessions.ts';
import type { LiveSessions } from './live-sessions.ts';
import { query, type Statement } from './query.ts';
import { isAnything, type SessionCache, type SessionCopy } from './session-cache.ts';

/** What an agent says of itself and of what it can, as JSON. Some hundred characters are usual. */
const CLIENT_LENGTH_MAX = 65_536;
/** Visible ASCII (MCP 2025-11-25, basic/transports). Ours are long enough not to be guessed. */
const SESSION_ID = /^[\x21-\x7e]{16,128}$/;
/** Texts with a NUL or half a character, which Postgres does not keep. */
const UNFIT: ReadonlySet<string | undefined> = new Set(['22021', '22P02', '22P05']);

/** Sessions ended by one that begins. The cap may have been lowered: what is left, the next ones end. */
const REPLACED_MAX = 100;

/** A session is taken for abandoned after `$2` milliseconds, swept or not. */
const SINCE = "now() - $2 * interval '1 millisecond'";

const COLUMNS = `id, principal, revision, client_name, client_version, capabilities, log_level,
  subscriptions, changes, ended_at is not null or last_seen_at <= ${SINCE} as is_over`;

/** Those of sockets are not for whoever knows their id. */
const IS_OURS = "id = $1 and transport = 'streamable-http'";
const IS_OPEN = `${IS_OURS} and ended_at is null and last_seen_at > ${SINCE}`;

const CREATE: Statement = {
  name: 'create session',
  text: `
    insert into holdfast.sessions (id, principal, revision, client_name, client_version,
      capabilities, log_level, subscriptions, address)
    values ($1, $3, $4, $5, $6, $7, $8, $9, $10)
    returning ${COLUMNS}`,
};

/** Nobody waits for another here: what another worker ends or sees at the same time is its affair. */
const REPLACE: Statement = {
  name: 'end quietest sessions',
  text: `
    with quietest as (
      select id from holdfast.sessions
      where principal = $1 and transport = 'streamable-http' and ended_at is null
      order by last_seen_at desc offset $2 limit ${REPLACED_MAX}
    ), taken as (
      select id from holdfast.sessions
      where id in (select id from quietest) and ended_at is null
      for update skip locked
    )
    update holdfast.sessions set ended_at = now(), end_reason = 'replaced', changes = changes + 1
    where id in (select id from taken)
    returning id, changes`,
};

/** While a copy of it is in Redis nobody comes here, so that a session is noted to be seen as often as copies run out. */
const NOTE_SEEN = `
  update holdfast.sessions set last_seen_at = now()
  where ${IS_OPEN} and principal = $3 and last_seen_at < now() - $4 * interval '1 millisecond'`;

const FIND: Statement = {
  name: 'find session',
  text: `
    with seen as (${NOTE_SEEN})
    select ${COLUMNS} from holdfast.sessions where ${IS_OURS}`,
};

const LOOK: Statement = {
  name: 'look at session',
  text: `select ${COLUMNS} from holdfast.sessions where ${IS_OURS}`,
};

const SET_LOG_LEVEL = changing('set log level of session', 'log_level = $3');

const SUBSCRIBE = changing(
  'subscribe session',
  `subscriptions = case when $3 = any(subscriptions) then subscriptions
    else array_append(subscriptions, $3) end`,
  '($3 = any(subscriptions) or cardinality(subscriptions) < $4)',
);

const UNSUBSCRIBE = changing(
  'unsubscribe session',
  'subscriptions = array_remove(subscriptions, $3)',
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
  is_over: isBoolean,
});

const isReplaced = isShaped({ id: isString, changes: isNumber });

/** What a statement about one session is given: its id, and what it is to be. */
type SessionValues = readonly [id: string, ...unknown[]];

export interface StoredSessionsOptions {
  readonly pool: Pool<Client>;
  readonly cache: SessionCache;
  /** Those that are in use here. */
  readonly live: LiveSessions;
  readonly ended: EndedSessions;
  /** How long one may be quiet. */
  readonly ttlMs: number;
  /** How many one principal may have open. */
  readonly ofOneMax: number;
}

/**
 * Sessions in Postgres, with copies in Redis that are asked first. A copy is written anew before a
 * change is done. Should Redis be away just then, and be back with what it had, workers may find
 * the old copy until its time is over.
 */
export class StoredSessions implements Sessions {
  readonly #options: StoredSessionsOptions;

  constructor(options: StoredSessionsOptions) {
    this.#options = options;
  }

  /** Throws a `Failure` (`invalid`) for what an agent may not say of itself. */
  async create(session: Session, address?: string): Promise<readonly string[]> {
    const { id, principal, revision, client, logLevel, subscriptions } = session;
    if (!SESSION_ID.test(id))
      throw new Error('The id of a session is 16 to 128 visible characters');
    const capabilities = JSON.stringify(session.capabilities);
    if (capabilities.length + client.name.length + client.version.length > CLIENT_LENGTH_MAX) {
      throw new Failure('invalid', 'Client information and capabilities are too long');
    }
    const agreed = [principal, revision, client.name, client.version, capabilities];
    try {
      await this.#write(CREATE, [id, ...agreed, logLevel, subscriptions, address]);
    } catch (error) {
      if (!UNFIT.has(codeOf(error))) throw error;
      throw new Failure('invalid', 'Client information and capabilities must be readable text', {
        cause: error,
      });
    }
    return this.#replace(principal);
  }

  async find(id: string, principal: string): Promise<Session | 'ended' | 'foreign' | undefined> {
    if (!SESSION_ID.test(id)) return undefined;
    const { cache, live } = this.#options;
    const isForeign = ({ session }: SessionCopy): boolean =>
      session !== undefined && session.principal !== principal;
    const kept = await cache.find(id);
    if (kept !== undefined && !isForeign(kept)) return kept.session ?? 'ended';
    // Another's takes the same way as one that never was.
    const copy = await this.#read(FIND, [id, principal, live.everyMs]);
    if (copy === undefined) return undefined;
    if (isForeign(copy)) return 'foreign';
    await cache.keep(id, copy);
    return copy.session ?? 'ended';
  }

  async setLogLevel(id: string, level: LogLevel): Promise<boolean> {
    return this.#change(SET_LOG_LEVEL, id, level);
  }

  /** Throws a `Failure` (`invalid`) for what is no URI. */
  async subscribe(id: string, uri: string): Promise<boolean> {
    checkUri(uri);
    if (await this.#change(SUBSCRIBE, id, uri, SUBSCRIPTIONS_MAX)) return true;
    const open = SESSION_ID.test(id) && (await this.#read(LOOK, [id]))?.session;
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

  hold(id: string): Disposable {
    return this.#options.live.hold(id);
  }

  onEnd(heed: (id: string) => void): Disposable {
    const { ended, live } = this.#options;
    const listening = new DisposableStack();
    listening.use(ended.listen(heed));
    listening.use(live.onOver(heed));
    return listening;
  }

  /** Ends those that are too many. */
  async #replace(principal: string): Promise<readonly string[]> {
    const { pool, cache, ofOneMax } = this.#options;
    const rows = await query(pool, REPLACE, [principal, ofOneMax]);
    return Promise.all(
      rows.map(async (row) => {
        if (!isReplaced(row)) throw new Error('A row of sessions is not as our migrations made it');
        await cache.keep(row.id, { changes: row.changes, session: undefined });
        return row.id;
      }),
    );
  }

  async #change(statement: Statement, id: string, ...values: unknown[]): Promise<boolean> {
    if (!SESSION_ID.test(id)) return false;
    return (await this.#write(statement, [id, ...values])) !== undefined;
  }

  /** Runs a statement, and keeps a copy of the row it returns, if any. */
  async #write(statement: Statement, values: SessionValues): Promise<SessionCopy | undefined> {
    const copy = await this.#read(statement, values);
    if (copy !== undefined) await this.#options.cache.keep(values[0], copy);
    return copy;
  }

  async #read(
    statement: Statement,
    [id, ...values]: SessionValues,
  ): Promise<SessionCopy | undefined> {
    const { pool, ttlMs } = this.#options;
    const [row] = await query(pool, statement, [id, ttlMs, ...values]);
    return row === undefined ? undefined : parseRow(row);
  }
}

/** A statement that changes a session that is open. */
function changing(name: string, assignments: string, condition = 'true'): Statement {
  return {
    name,
    text: `
      update holdfast.sessions
      set ${assignments}, changes = changes + 1, last_seen_at = now()
      where ${IS_OPEN} and ${condition}
      returning ${COLUMNS}`,
  };
}

function parseRow(row: unknown): SessionCopy {
  if (!isRow(row)) throw new Error('A row of sessions is not as our migrations made it');
  const { id, principal, revision, capabilities, subscriptions, changes } = row;
  if (row.is_over) return { changes, session: undefined };
  const client = { name: row.client_name, version: row.client_version };
  const logLevel = row.log_level ?? undefined;
  const agreed = { principal, revision, client, capabilities, logLevel };
  return { changes, session: { id, ...agreed, subscriptions } };
}

function checkUri(uri: string): void {
  if (uri.length <= URI_LENGTH_MAX && uri.isWellFormed() && !uri.includes('\0')) return;
  throw new Failure('invalid', `A URI has ${URI_LENGTH_MAX} readable characters at most`);
}
