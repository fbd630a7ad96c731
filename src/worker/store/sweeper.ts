import type { Client, PoolClient } from 'pg';
import type Pool from 'pg-pool';

import { Failure } from '../../shared/errors.ts';
import type { Logger } from '../../shared/logger.ts';
import { explainQuery } from './query.ts';

/** Something that has to be done now and then, by one worker of all. */
export interface Chore {
  readonly name: string;
  /** It may take as many statements and transactions as it likes. */
  readonly run: (client: Client) => Promise<void>;
}

export interface SweeperOptions {
  readonly pool: Pool<Client>;
  readonly everyMs: number;
  readonly chores: readonly Chore[];
  readonly log: Logger;
}

/** An arbitrary number, the same in every version: whoever sweeps holds this advisory lock. */
const LOCK = 4_825_117_631;
/** The first time comes soon, and not at the same moment for all who start together. */
const FIRST_MS_MAX = 2_000;
/** How long what is being done may go on once it is disposed of. */
const FINISH_MS_MAX = 3_000;

/** Does the chores that one worker does for all: whoever holds the lock. Others see to it that it is done, should that one be gone. */
export class Sweeper implements AsyncDisposable {
  readonly #options: SweeperOptions;
  #timer: NodeJS.Timeout;
  #sweeping: Promise<void> = Promise.resolve();
  /** What chores are done with, while they are. */
  #client: PoolClient | undefined;
  #isOver = false;

  constructor(options: SweeperOptions) {
    this.#options = options;
    this.#timer = this.#schedule(Math.random() * FIRST_MS_MAX);
  }

  /** Waits a little for what is being done, and breaks it off then. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    clearTimeout(this.#timer);
    const late = Promise.withResolvers<'late'>();
    const timer = setTimeout(late.resolve, FINISH_MS_MAX, 'late');
    const outcome = await Promise.race([this.#sweeping, late.promise]);
    clearTimeout(timer);
    // Its statement fails with that, and with it the chore.
    if (outcome === 'late') await this.#client?.end();
  }

  #schedule(inMs: number): NodeJS.Timeout {
    return setTimeout(() => {
      this.#sweeping = this.#sweep().finally(() => {
        if (!this.#isOver) this.#timer = this.#schedule(this.#options.everyMs);
      });
    }, inMs).unref();
  }

  /** Never rejects. */
  async #sweep(): Promise<void> {
    const { pool, log } = this.#options;
    let client: PoolClient;
    try {
      client = await pool.connect();
    } catch (error) {
      log.debug('nothing was swept: postgres cannot be reached', { error });
      return;
    }
    // What breaks meanwhile must not be used again; nor what is left of a lock be taken along.
    let broken: Error | undefined;
    this.#client = client;
    try {
      const { rows } = await client.query<{ held: boolean }>(
        'select pg_try_advisory_lock($1) as held',
        [LOCK],
      );
      if (rows[0]?.held === true) {
        await this.#doChores(client);
        await client.query('select pg_advisory_unlock($1)', [LOCK]);
      }
    } catch (error) {
      broken = error instanceof Error ? error : new Error(String(error));
      log.debug('sweeping was broken off', { error });
    } finally {
      this.#client = undefined;
      client.release(broken);
    }
  }

  /** Rejects where Postgres is gone. One chore that fails does not keep others from being done. */
  async #doChores(client: Client): Promise<void> {
    for (const { name, run } of this.#options.chores) {
      if (this.#isOver) return;
      try {
        await run(client);
      } catch (error) {
        const explained = explainQuery(error);
        if (explained instanceof Failure && explained.code === 'unavailable') throw error;
        this.#options.log.error('chore failed', { name, error });
        await client.query('rollback');
      }
    }
  }
}
