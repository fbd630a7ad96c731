import type { Client, ClientBase, PoolClient } from 'pg';
import type Pool from 'pg-pool';

import { query, type Statement, timed } from '../query.ts';

const CANCEL: Statement = {
  name: 'cancel backend',
  text: 'select pg_cancel_backend($1)',
};

/** The connections that a tool has made its own. */
const changed = new WeakSet<ClientBase>();

/** A statement changes a connection: whoever has it now is the last. */
export function markChanged(client: ClientBase): void {
  changed.add(client);
}

/** A connection of the pool while a call has it, and its places in the shares. */
export class Loan {
  readonly client: Client & PoolClient;
  readonly #pool: Pool<Client>;
  readonly #places: readonly Disposable[];
  #isOver = false;

  constructor(pool: Pool<Client>, client: Client & PoolClient, places: readonly Disposable[]) {
    this.client = client;
    this.#pool = pool;
    this.#places = places;
  }

  /** Gives it back. One that is broken nobody gets again. */
  end(isBroken: boolean): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const place of this.#places) place[Symbol.dispose]();
    this.client.release(isBroken || changed.has(this.client));
  }

  /** Gives it back once the transaction that failed on it is undone. */
  endFailed(): void {
    this.client.query(timed('rollback')).then(
      () => {
        this.end(false);
      },
      () => {
        this.end(true);
      },
    );
  }

  /** Ends what runs on it too: Postgres itself would not notice before that is done. */
  takeAway(): void {
    this.end(true);
    const { client } = this;
    // The types do not tell of it.
    if (!('processID' in client)) return;
    // Should Postgres be away, its time limit ends it.
    query(this.#pool, CANCEL, [client.processID]).catch(() => undefined);
  }
}
