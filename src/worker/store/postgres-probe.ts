import type { Client } from 'pg';

import { unlessLate } from '../../shared/abort.ts';
import { READ_ONLY } from './query.ts';

/** A connection may be dead without a word: one that is silent for so long is given up. */
const ANSWER_MS = 2_000;
const QUESTION = 'show transaction_read_only';

/**
 * Asks Postgres whether it works, over a connection of its own: the pool's may all be busy, which is
 * no fault of Postgres. One that broke is made anew at the next question.
 */
export class PostgresProbe implements AsyncDisposable {
  readonly #open: () => Promise<Client>;
  #client: Client | undefined;
  #asking: Promise<void> | undefined;

  constructor(open: () => Promise<Client>) {
    this.#open = open;
  }

  /** Who asks while an answer is waited for, shares it. */
  async ask(): Promise<void> {
    this.#asking ??= this.#askOnce().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    await client?.end().catch(() => undefined);
  }

  async #askOnce(): Promise<void> {
    try {
      this.#client ??= await this.#open();
      const asked = this.#client.query<{ transaction_read_only: string }>(QUESTION);
      const { rows } = await unlessLate(asked, ANSWER_MS);
      // After a failover we may still be connected to what is a replica now.
      if (rows[0]?.transaction_read_only === 'on')
        throw Object.assign(new Error(), { code: READ_ONLY });
    } catch (error) {
      await this[Symbol.asyncDispose]();
      throw error;
    }
  }
}
