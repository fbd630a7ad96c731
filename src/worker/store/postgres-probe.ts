import type { Client } from 'pg';

import { unlessAborted } from '../../shared/abort.ts';

/** A connection may be dead without a word: one that is silent for so long is given up. */
const ANSWER_MS = 2_000;

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
      await unlessAborted(this.#client.query('select 1'), AbortSignal.timeout(ANSWER_MS));
    } catch (error) {
      await this[Symbol.asyncDispose]();
      throw error;
    }
  }
}
