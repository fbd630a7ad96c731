import { randomBytes } from 'node:crypto';

import type { Client } from 'pg';
import type Pool from 'pg-pool';

import { Failure } from '../../shared/errors.ts';
import type { Logger } from '../../shared/logger.ts';
import { type Guard, isNumber, isShaped, isString } from '../../shared/shape.ts';
import type { Bus } from '../domain/bus.ts';
import type { SealKey } from '../domain/seal.ts';
import { query, type Statement } from './query.ts';

const TOPIC = 'keys';
const SECRET_BYTES = 32;
/** How long a new key only opens. By then every worker has it, from the bus or because it reads again that often. */
const ACTIVATION_MS = 60_000;
const REREAD_MS = 15_000;
/** Anybody can send a token that names a key which does not exist. */
const ASK_AGAIN_MS = 1_000;
/** A key seals fewer tokens than its nonces are good for, and one that leaked is of use for a while only. */
const ROTATE_MS = 86_400_000;
/** How long a token opens at least, if it says nothing else. */
const KEEP_MS = 7 * ROTATE_MS;
/** Keys that open. With a rotation a day, of three months. */
const KEYS_MAX = 100;

/** Of several workers that do this at the same time one does: they give the same number. */
const ADD: Statement = {
  name: 'add seal key',
  text: `
    insert into holdfast.seal_keys (id, secret)
    select coalesce(max(id), 0) + 1, $1 from holdfast.seal_keys
    on conflict (id) do nothing`,
};

const ADD_FIRST: Statement = {
  name: 'add first seal key',
  text: `
    insert into holdfast.seal_keys (id, secret)
    select coalesce(max(id), 0) + 1, $1 from holdfast.seal_keys
    having count(*) filter (where retired_at is null) = 0
    on conflict (id) do nothing`,
};

/** Only where the newest is so old: whoever comes second finds it done. */
const ADD_DUE: Statement = {
  name: 'add seal key when due',
  text: `
    insert into holdfast.seal_keys (id, secret)
    select coalesce(max(id), 0) + 1, $1 from holdfast.seal_keys
    having max(created_at) < now() - $2 * interval '1 millisecond'
    on conflict (id) do nothing`,
};

/** Those older than the newest that has sealed for so long. */
const RETIRE: Statement = {
  name: 'retire seal keys',
  text: `
    update holdfast.seal_keys set retired_at = now()
    where retired_at is null and id < (
      select max(id) from holdfast.seal_keys
      where retired_at is null and created_at < now() - $1 * interval '1 millisecond'
    )`,
};

/** Ages are told, and not times: the clocks of Postgres and of our machines need not agree. */
const COLUMNS = `id, secret, extract(epoch from now() - created_at)::float8 * 1000 as age_ms`;

const READ: Statement = {
  name: 'read seal keys',
  text: `
    select ${COLUMNS}
    from holdfast.seal_keys where retired_at is null
    order by id desc limit ${KEYS_MAX}`,
};

const isSecret: Guard<Buffer> = (value): value is Buffer =>
  Buffer.isBuffer(value) && value.length === SECRET_BYTES;
/** The driver gives what may be too large for a number as text. */
const isRow = isShaped({ id: isString, secret: isSecret, age_ms: isNumber });

interface RingKey extends SealKey {
  /** From when on it seals, by the clock of this worker. */
  readonly sealsAt: number;
}

export interface KeyRingOptions {
  readonly pool: Pool<Client>;
  readonly bus: Bus;
  /** A clock that never goes back, in milliseconds. */
  readonly now: () => number;
  readonly log: Logger;
}

/**
 * The keys of all workers, which Postgres holds. A new one opens at once and seals a minute later, when
 * everybody has it; an old one opens until it is retired. So no rotation makes a token fail that it should not.
 */
export class KeyRing implements Disposable {
  readonly #options: KeyRingOptions;
  readonly #opened = new DisposableStack();
  /** The newest first. There is always one. */
  #keys: readonly RingKey[] = [];
  #reading: Promise<void> = Promise.resolve();
  #askedAt = Number.NEGATIVE_INFINITY;

  private constructor(options: KeyRingOptions) {
    this.#options = options;
  }

  /** Reads the keys, and makes the first if there is none. Throws a `Failure` (`unavailable`) while Postgres is away. */
  static async open(options: KeyRingOptions): Promise<KeyRing> {
    const ring = new KeyRing(options);
    using opened = new DisposableStack();
    opened.use(ring);
    // It listens before it reads: a key that is added in between is not missed.
    ring.#opened.use(await options.bus.listen(TOPIC, ring.#readAgain));
    await ring.refresh();
    const timer = setInterval(ring.#readAgain, REREAD_MS).unref();
    ring.#opened.defer(() => {
      clearInterval(timer);
    });
    opened.move();
    return ring;
  }

  /** What new tokens are sealed with. */
  get sealing(): SealKey {
    const now = this.#options.now();
    const key = this.#keys.find(({ sealsAt }) => sealsAt <= now) ?? this.#keys.at(-1);
    if (key === undefined) throw new Error('An open ring has a key');
    return key;
  }

  /** A key that opens. For one that is not known here the keys are read again, at most once a second: the next time it may be. */
  find(id: bigint): SealKey | undefined {
    const key = this.#keys.find((each) => each.id === id);
    const now = this.#options.now();
    if (key === undefined && now - this.#askedAt >= ASK_AGAIN_MS) {
      this.#askedAt = now;
      this.#readAgain();
    }
    return key;
  }

  /** Resolves when the ring holds what Postgres does. Throws a `Failure` (`unavailable`) while that is away. */
  async refresh(): Promise<void> {
    // One after the other: an earlier answer must not overwrite a later one.
    const reading = this.#reading.catch(() => undefined).then(() => this.#read());
    this.#reading = reading;
    await reading;
  }

  /**
   * Adds a key, and retires those that have sealed nothing for `keepMs`: tokens have to be of no
   * more use by then. Throws a `Failure` (`unavailable`) while Postgres is away.
   */
  async rotate(keepMs: number): Promise<void> {
    await query(this.#options.pool, ADD, [randomBytes(SECRET_BYTES)]);
    await this.#retire(keepMs);
  }

  /** Does so where the newest key is a day old, and keeps the others for a week. Throws as `rotate` does. */
  async rotateIfDue(): Promise<void> {
    const newest = this.#keys.at(0);
    if (newest === undefined || this.#options.now() - newest.sealsAt < ROTATE_MS) return;
    await query(this.#options.pool, ADD_DUE, [randomBytes(SECRET_BYTES), ROTATE_MS]);
    await this.#retire(KEEP_MS);
  }

  [Symbol.dispose](): void {
    this.#opened.dispose();
  }

  async #retire(keepMs: number): Promise<void> {
    const { pool, bus } = this.#options;
    await query(pool, RETIRE, [ACTIVATION_MS + keepMs]);
    await this.refresh();
    await bus.publish(TOPIC, {});
  }

  readonly #readAgain = (): void => {
    this.#keepUp().catch((error: unknown) => {
      // Tried again soon, with the keys that there are.
      const level = error instanceof Failure ? 'debug' : 'error';
      this.#options.log[level]('seal keys were not read', { error });
    });
  };

  async #keepUp(): Promise<void> {
    await this.refresh();
    await this.rotateIfDue();
  }

  async #read(): Promise<void> {
    const { pool, now } = this.#options;
    let rows = await query(pool, READ, []);
    if (rows.length === 0) {
      await query(pool, ADD_FIRST, [randomBytes(SECRET_BYTES)]);
      rows = await query(pool, READ, []);
    }
    const readAt = now();
    this.#keys = rows.map((row) => {
      if (!isRow(row)) throw new Error('A row of seal_keys is not as our migrations made it');
      const { id, secret, age_ms: ageMs } = row;
      return { id: BigInt(id), secret, sealsAt: readAt + ACTIVATION_MS - ageMs };
    });
  }
}
