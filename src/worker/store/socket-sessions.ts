import { randomUUID } from 'node:crypto';

import type { Client } from 'pg';
import type Pool from 'pg-pool';

import { Failure } from '../../shared/errors.ts';
import type { Logger } from '../../shared/logger.ts';
import type {
  SessionEnd,
  SocketSession,
  SocketSessionEnd,
  SocketSessions,
} from '../domain/session.ts';
import { Batch } from './batch.ts';
import type { EndedSessions } from './ended-sessions.ts';
import type { LiveSessions } from './live-sessions.ts';
import { query, type Statement } from './query.ts';

const WRITE_EVERY_MS = 250;
const WRITE_SIZE_MAX = 500;
/** All sockets of a worker, come and gone, while Postgres is away. */
const WAITING_MAX = 20_000;
/** What an agent calls itself, as far as somebody wants to read it. */
const NAME_LENGTH_MAX = 200;
const ENDED_BY_OPERATOR = 'The session was ended by an operator';

/** What failed half-way is tried again whole. */
const BEGIN: Statement = {
  name: 'begin socket sessions',
  text: `
    insert into holdfast.sessions
      (id, principal, transport, revision, client_name, client_version, capabilities, address, worker)
    select id, principal, 'websocket', revision, name, version, '{}', address, $7
    from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
      as begun (id, principal, revision, name, version, address)
    on conflict (id) do nothing`,
};

/** In an order that all keep who end several. */
const END: Statement = {
  name: 'end socket sessions',
  text: `
    with open as (
      select session.id, ended.reason
      from unnest($1::text[], $2::text[]) as ended (id, reason)
      join holdfast.sessions as session on session.id = ended.id and session.ended_at is null
      order by session.id for update of session
    )
    update holdfast.sessions as session set ended_at = now(), end_reason = open.reason
    from open where session.id = open.id`,
};

/** What is still to be written. */
type Entry =
  | { readonly id: string; readonly begun: SocketSession }
  | { readonly id: string; readonly ended: SessionEnd };

export interface StoredSocketSessionsOptions {
  readonly pool: Pool<Client>;
  /** Which worker this is. */
  readonly worker: string;
  readonly live: LiveSessions;
  readonly ended: EndedSessions;
  /** So many are not written down. */
  readonly onLost: (count: number) => void;
  readonly log: Logger;
}

/**
 * Sessions over WebSockets in Postgres: for operators to see and to end. Sockets are served whether they are written
 * down or not; of too many that wait to be, the oldest never are.
 */
export class StoredSocketSessions implements SocketSessions, AsyncDisposable {
  readonly #options: StoredSocketSessionsOptions;
  readonly #batch: Batch<Entry>;
  /** What ends each that is open here. */
  readonly #ends = new Map<string, (reason: string) => void>();
  #listening: Disposable | undefined;

  constructor(options: StoredSocketSessionsOptions) {
    this.#options = options;
    const { onLost, log } = options;
    this.#batch = new Batch<Entry>({
      write: (entries) => this.#write(entries),
      everyMs: WRITE_EVERY_MS,
      sizeMax: WRITE_SIZE_MAX,
      waitingMax: WAITING_MAX,
      onLost: (count) => {
        onLost(count);
        log.warn('sessions of sockets were not kept', { count });
      },
      onFailure: (error) => {
        const level = error instanceof Failure ? 'debug' : 'error';
        log[level]('sessions of sockets are not kept yet', { error });
      },
    });
  }

  begin(session: SocketSession, end: (reason: string) => void): SocketSessionEnd {
    const { live, ended } = this.#options;
    this.#listening ??= ended.listen((id) => this.#ends.get(id)?.(ENDED_BY_OPERATOR));
    const id = randomUUID();
    this.#ends.set(id, end);
    const held = live.hold(id);
    this.#batch.add({ id, begun: session });
    return (reason) => {
      if (!this.#ends.delete(id)) return;
      held[Symbol.dispose]();
      this.#batch.add({ id, ended: reason });
    };
  }

  /** Resolves when all is written, or Postgres is away, with whether it is. */
  async flush(): Promise<boolean> {
    return this.#batch.flush();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listening?.[Symbol.dispose]();
    await this.#batch[Symbol.asyncDispose]();
  }

  async #write(entries: readonly Entry[]): Promise<void> {
    const { pool, worker } = this.#options;
    const begun = entries.filter((entry) => 'begun' in entry);
    const ended = entries.filter((entry) => 'ended' in entry);
    if (begun.length > 0) {
      const columnOf = (of: (session: SocketSession) => string | undefined) =>
        begun.map((entry) => of(entry.begun));
      await query(pool, BEGIN, [
        begun.map(({ id }) => id),
        columnOf(({ principal }) => fit(principal)),
        columnOf(({ revision }) => revision),
        columnOf(({ client }) => fit(client.name.slice(0, NAME_LENGTH_MAX))),
        columnOf(({ client }) => fit(client.version.slice(0, NAME_LENGTH_MAX))),
        columnOf(({ address }) => address),
        worker,
      ]);
    }
    if (ended.length > 0) {
      await query(pool, END, [ended.map(({ id }) => id), ended.map((entry) => entry.ended)]);
    }
  }
}

/** What Postgres would not keep must not hold up the others. */
function fit(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\ufffd');
}
