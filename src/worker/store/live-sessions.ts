import type { Client } from 'pg';
import type Pool from 'pg-pool';

import { Failure } from '../../shared/errors.ts';
import type { Logger } from '../../shared/logger.ts';
import { isShaped, isString } from '../../shared/shape.ts';
import { query, type Statement } from './query.ts';

/** Noted with one statement: it must be done well before it is given up. */
const IDS_MAX = 10_000;
const EVERY_MS = 60_000;
/** Of the time for which a session may be quiet, so that one in use is noted a few times in it. */
const SHARE = 1 / 4;

/**
 * Whoever holds a session knows better than who took it for lost, while Postgres was away from here. What another has
 * locked is being ended, or noted already.
 */
const NOTE_SEEN: Statement = {
  name: 'note live sessions',
  text: `
    with live as (
      select id from holdfast.sessions
      where id = any($1) and (ended_at is null or end_reason = 'lost')
      for update skip locked
    )
    update holdfast.sessions set last_seen_at = now(), ended_at = null, end_reason = null
    where id in (select id from live)`,
};

/** What was told of them may not have reached us. */
const FIND_OVER: Statement = {
  name: 'find live sessions that are over',
  text: `
    select id from holdfast.sessions
    where id = any($1) and transport = 'streamable-http' and ended_at is not null`,
};

const isRow = isShaped({ id: isString });

export interface LiveSessionsOptions {
  readonly pool: Pool<Client>;
  /** How long a session may be quiet. */
  readonly ttlMs: number;
  readonly log: Logger;
}

/** The sessions that something goes on in at this worker: a socket, a stream, a request. All are noted to be seen, together and now and then. */
export class LiveSessions implements Disposable {
  /** How often a session is noted to be seen, here or where it is asked in. */
  readonly everyMs: number;
  readonly #options: LiveSessionsOptions;
  readonly #timer: NodeJS.Timeout;
  /** How often each is held. */
  readonly #held = new Map<string, number>();
  readonly #listeners = new Set<(id: string) => void>();
  #isNoting = false;

  constructor(options: LiveSessionsOptions) {
    this.#options = options;
    this.everyMs = Math.ceil(Math.min(EVERY_MS, options.ttlMs * SHARE));
    this.#timer = setInterval(() => {
      this.note().catch((error: unknown) => {
        // The next time does for both.
        const level = error instanceof Failure ? 'debug' : 'error';
        options.log[level]('live sessions were not noted', { error });
      });
    }, this.everyMs).unref();
  }

  /** Sessions that are held. */
  get size(): number {
    return this.#held.size;
  }

  /** It is live here until what this returns is disposed of. */
  hold(id: string): Disposable {
    return new Hold(this.#held, id);
  }

  /** `heed` is called for each over HTTP that is held though it is over, until what this returns is disposed of. */
  onOver(heed: (id: string) => void): Disposable {
    const listener: typeof heed = (id) => {
      heed(id);
    };
    this.#listeners.add(listener);
    return {
      [Symbol.dispose]: () => {
        this.#listeners.delete(listener);
      },
    };
  }

  /** Notes that all are seen, and tells of those that are over. Throws a `Failure` (`unavailable`) while Postgres is away. */
  async note(): Promise<void> {
    if (this.#isNoting) return;
    this.#isNoting = true;
    try {
      const ids = [...this.#held.keys()];
      for (let from = 0; from < ids.length; from += IDS_MAX) {
        // oxlint-disable-next-line no-await-in-loop -- they are not urgent, and others want connections too
        await this.#note(ids.slice(from, from + IDS_MAX));
      }
    } finally {
      this.#isNoting = false;
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  async #note(ids: readonly string[]): Promise<void> {
    const { pool } = this.#options;
    await query(pool, NOTE_SEEN, [ids]);
    for (const row of await query(pool, FIND_OVER, [ids])) {
      if (!isRow(row)) throw new Error('A row of sessions is not as our migrations made it');
      for (const heed of this.#listeners) heed(row.id);
    }
  }
}

/** That a session is held once more. */
class Hold implements Disposable {
  readonly #held: Map<string, number>;
  readonly #id: string;
  #isOver = false;

  constructor(held: Map<string, number>, id: string) {
    this.#held = held;
    this.#id = id;
    held.set(id, (held.get(id) ?? 0) + 1);
  }

  [Symbol.dispose](): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const others = (this.#held.get(this.#id) ?? 0) - 1;
    if (others > 0) this.#held.set(this.#id, others);
    else this.#held.delete(this.#id);
  }
}
