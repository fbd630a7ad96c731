import { unlessAborted } from '../../shared/abort.ts';
import { Failure } from '../../shared/errors.ts';
import type { CacheOutcome, Given, Wanted } from '../domain/result-cache.ts';

/** Somebody who takes part in a flight. */
export interface Passenger<Value> {
  readonly wanted: Wanted<Value>;
  readonly signal: AbortSignal;
}

/** What a flight comes to. */
type Landing<Value> =
  | {
      readonly kind: 'given';
      readonly value: Value;
      /** Who made it, if it was one of those in the flight, and as what that counts. */
      readonly maker: Passenger<Value> | undefined;
      readonly outcome: CacheOutcome;
    }
  /** What it comes to is its maker's alone. */
  | {
      readonly kind: 'alone';
      readonly maker: Passenger<Value>;
      readonly making: Promise<Value>;
    }
  /** There was nobody who could have made it to the end: the others begin again. */
  | { readonly kind: 'nobody' };

/** How one who took part gets on: with a value, by making it itself (`alone`), or by asking again. */
export type Arrival<Value> = Given<Value> | 'alone' | 'again';

/** Those in one worker who want the same at once. One of them makes it, for all who are still there. */
export class Flight<Value> {
  readonly #passengers = new Set<Passenger<Value>>();
  readonly #landing = Promise.withResolvers<Landing<Value>>();
  readonly #over = new AbortController();
  /** Nobody is to join it any longer. */
  readonly close: () => void;
  #isMaking = false;

  /** `close` is called, too, when what it comes to is for one alone, or for none. */
  constructor(close: () => void) {
    this.close = close;
  }

  /** Aborts when all have left while it is made. */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  get isEmpty(): boolean {
    return this.#passengers.size === 0;
  }

  /** Takes part. Throws what the making threw to who made it, and a `Failure` (`cancelled`) once the signal aborts, to that one alone. */
  async join(passenger: Passenger<Value>): Promise<Arrival<Value>> {
    const { signal } = passenger;
    this.#passengers.add(passenger);
    try {
      return await unlessAborted(this.#arrive(passenger), signal);
    } catch (error) {
      if (!signal.aborted) throw error;
      throw new Failure('cancelled', 'Cancelled', { cause: error });
    } finally {
      this.#passengers.delete(passenger);
      if (this.isEmpty && this.#isMaking) this.#abandon();
    }
  }

  /** Everybody gets what there was. */
  land(value: Value, outcome: CacheOutcome): void {
    this.#landing.resolve({ kind: 'given', value, maker: undefined, outcome });
  }

  /**
   * Lets one of those who are there make it, which counts as `outcome`. Resolves with the value if it is for the others
   * too, and with nothing if it is for its maker alone, it failed, or all have left.
   */
  async make(outcome: CacheOutcome, onAlone: () => void): Promise<Value | undefined> {
    const [maker] = this.#passengers;
    if (maker === undefined) {
      this.#closeWith({ kind: 'nobody' });
      return undefined;
    }
    this.#isMaking = true;
    let isAlone = false;
    const { promise: making, resolve } = Promise.withResolvers<Value>();
    const goAlone = (): void => {
      if (isAlone) return;
      isAlone = true;
      this.#closeWith({ kind: 'alone', maker, making });
      onAlone();
    };
    const told = { signal: this.signal, isRefresh: false, keepToOneself: goAlone };
    resolve(begin(() => maker.wanted.make(told)));
    try {
      const value = await unlessAborted(making, this.signal);
      if (isAlone) return undefined;
      this.#landing.resolve({ kind: 'given', value, maker, outcome });
      return value;
    } catch {
      // Who made it has it from `making`.
      if (maker.signal.aborted) this.#closeWith({ kind: 'nobody' });
      else goAlone();
      return undefined;
    } finally {
      this.#isMaking = false;
    }
  }

  /** There is a bug. Everybody gets to know. */
  fail(reason: unknown): void {
    this.#landing.promise.catch(() => undefined);
    this.#landing.reject(reason);
  }

  async #arrive(passenger: Passenger<Value>): Promise<Arrival<Value>> {
    const landing = await this.#landing.promise;
    switch (landing.kind) {
      case 'given': {
        const { value, maker, outcome } = landing;
        const isOthers = maker !== undefined && maker !== passenger;
        return { value, outcome: isOthers ? 'shared' : outcome };
      }
      case 'alone':
        if (landing.maker !== passenger) return 'alone';
        return { value: await landing.making, outcome: 'bypass' };
      case 'nobody':
        return 'again';
    }
  }

  /** Who is told to ask again must not find this one. */
  #closeWith(landing: Landing<Value>): void {
    this.close();
    this.#landing.resolve(landing);
  }

  #abandon(): void {
    this.close();
    this.#over.abort(new Error('Nobody waits for it any longer'));
  }
}

/** What throws at once rejects too. */
async function begin<Value>(make: () => Promise<Value>): Promise<Value> {
  return make();
}
