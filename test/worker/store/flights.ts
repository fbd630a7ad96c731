/** Workers that want the same, and work that they wait for. */
import { Failure } from '../../../src/shared/errors.ts';
import { silent } from '../../../src/shared/logger.ts';
import type { Given, Making, Wanted } from '../../../src/worker/domain/result-cache.ts';
import { KeptValues } from '../../../src/worker/store/kept-values.ts';
import { SingleFlight } from '../../../src/worker/store/single-flight.ts';
import { type ConnectOptions, connect } from './connected.ts';

/** Longer ones are not kept. */
export const LENGTH_MAX = 1_000;

export interface OpenOptions extends ConnectOptions {
  readonly flightsMax?: number;
}

/** A worker among others, that keeps texts. */
export async function openFlights({ flightsMax, ...options }: OpenOptions = {}, log = silent) {
  const connected = await connect(options);
  const { redis, prefix } = connected;
  const kept = new KeptValues({ redis, prefix, log });
  const flights = new SingleFlight<string>({
    kept,
    write: (value) => (value.length > LENGTH_MAX ? undefined : value),
    read: (text) => (text === 'nonsense' ? undefined : text),
    ...(flightsMax === undefined ? {} : { flightsMax }),
    log,
  });
  return {
    ...connected,
    kept,
    flights,
    get: (wanted: Partial<Wanted<string>>, signal = new AbortController().signal) =>
      flights.get(
        { key: 'a', ttlMs: 60_000, staleMs: 0, waitMs: 60_000, make: neverMade, ...wanted },
        signal,
      ),
    [Symbol.dispose]: () => {
      flights[Symbol.dispose]();
      connected[Symbol.dispose]();
    },
  };
}

/** For what is kept. */
export const neverMade = () => Promise.reject(new Error('It is made, and should not have been'));

/** Work that ends when the test says so. */
export class Work {
  readonly done = Promise.withResolvers<string>();
  readonly #begun: Making[] = [];
  readonly #waiting = new Set<() => void>();

  readonly make = (making: Making): Promise<string> => {
    this.#begun.push(making);
    for (const look of this.#waiting) look();
    return this.done.promise;
  };

  get count(): number {
    return this.#begun.length;
  }

  /** Resolves with what the work was told, once it has begun. */
  async begun(): Promise<Making> {
    while (this.#begun[0] === undefined) {
      // oxlint-disable-next-line no-await-in-loop -- until it has
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
    return this.#begun[0];
  }
}

export const outcomesOf = (given: readonly Given<string>[]) =>
  given.map(({ outcome }) => outcome).toSorted();
export const settled = (promises: readonly Promise<unknown>[]) => Promise.allSettled(promises);
export const isCancelled = (thrown: unknown) =>
  thrown instanceof Failure && thrown.code === 'cancelled';
