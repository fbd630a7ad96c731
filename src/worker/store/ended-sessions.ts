import type { Client } from 'pg';
import type Pool from 'pg-pool';

import { Failure } from '../../shared/errors.ts';
import type { Logger } from '../../shared/logger.ts';
import { isNumber, isShaped, isString } from '../../shared/shape.ts';
import { query, type Statement } from './query.ts';
import type { SessionCache } from './session-cache.ts';

const EVERY_MS = 2_000;
/** What was ended before we asked may be seen only after: its transaction was not over. */
const OVERLAP_MS = 30_000;
const ROWS_MAX = 1_000;

const READ: Statement = {
  name: 'read sessions ended by operators',
  text: `
    select number, id, transport, changes from holdfast.sessions
    where end_reason = 'operator' and ended_at > now() - $1 * interval '1 millisecond'
      and number > $2
    order by number limit ${ROWS_MAX}`,
};

/** The driver gives what may be too large for a number as text. */
const isRow = isShaped({
  number: isString,
  id: isString,
  transport: isString,
  changes: isNumber,
});

export interface EndedSessionsOptions {
  readonly pool: Pool<Client>;
  readonly cache: SessionCache;
  /** A clock that never goes back, in milliseconds. */
  readonly now: () => number;
  readonly log: Logger;
}

/**
 * The sessions that operators end. They write it to Postgres and need nothing else, so that each worker asks
 * there, from the time on that somebody listens.
 */
export class EndedSessions implements Disposable {
  readonly #options: EndedSessionsOptions;
  readonly #listeners = new Set<(id: string) => void>();
  #timer: NodeJS.Timeout | undefined;
  #isAsking = false;
  #askedAt: number;
  /** The numbers of those that were told of, as long as they are read again. */
  #told: ReadonlySet<string> = new Set();

  constructor(options: EndedSessionsOptions) {
    this.#options = options;
    this.#askedAt = options.now();
  }

  /** `heed` is called for each that is ended, until what this returns is disposed of. */
  listen(heed: (id: string) => void): Disposable {
    // What is added is this caller's own: the same function may listen twice.
    const listener: typeof heed = (id) => {
      heed(id);
    };
    this.#listeners.add(listener);
    this.#timer ??= setInterval(() => {
      this.ask().catch((error: unknown) => {
        // What is missed now is read the next time.
        const level = error instanceof Failure ? 'debug' : 'error';
        this.#options.log[level]('ended sessions were not read', { error });
      });
    }, EVERY_MS).unref();
    return {
      [Symbol.dispose]: () => {
        this.#listeners.delete(listener);
      },
    };
  }

  /** Tells of those that were ended since it was asked last. Throws a `Failure` (`unavailable`) while Postgres is away. */
  async ask(): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    const now = this.#options.now();
    const sinceMs = Math.ceil(now - this.#askedAt + OVERLAP_MS);
    const found = new Set<string>();
    try {
      for (let after: string | undefined = '0'; after !== undefined; ) {
        // oxlint-disable-next-line no-await-in-loop -- each page begins where the one before it ends
        after = await this.#readPage(sinceMs, after, found);
      }
      this.#told = found;
      this.#askedAt = now;
    } finally {
      this.#isAsking = false;
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  /** Resolves with where the next page begins, if there is one. */
  async #readPage(sinceMs: number, after: string, found: Set<string>): Promise<string | undefined> {
    const rows = await query(this.#options.pool, READ, [sinceMs, after]);
    let last: string | undefined;
    await Promise.all(
      rows.map(async (row) => {
        if (!isRow(row)) throw new Error('A row of sessions is not as our migrations made it');
        const { number, id, transport, changes } = row;
        last = number;
        found.add(number);
        if (this.#told.has(number)) return;
        // Who comes back because its stream was closed must find it ended. Sockets have no copies.
        if (transport !== 'websocket') {
          await this.#options.cache.keep(id, { changes, session: undefined });
        }
        for (const heed of this.#listeners) heed(id);
      }),
    );
    return rows.length === ROWS_MAX ? last : undefined;
  }
}
