import { setTimeout as sleep } from 'node:timers/promises';

import type { Logger } from '../../shared/logger.ts';
import type { Given, Wanted } from '../domain/result-cache.ts';
import { Flight, type Passenger } from './flight.ts';
import type { Awaited, KeptValues, MakingLease } from './kept-values.ts';

/** Keys that are looked after at once: more than a worker runs calls. What comes on top is made without a look. */
const FLIGHTS_MAX = 10_000;
/** How often it is looked whether another worker is done: soon at first, since most work is short. */
const LOOK_MS = 10;
const LOOK_MS_MAX = 250;
const LOOK_GROWTH = 1.5;

export interface SingleFlightOptions<Value> {
  readonly kept: KeptValues;
  /** What is kept of a value. Nothing, if it is not to be. */
  readonly write: (value: Value) => string | undefined;
  /** The value again. Nothing, if the text says none. */
  readonly read: (text: string) => Value | undefined;
  readonly flightsMax?: number;
  readonly log: Logger;
}

/** Who makes what is not kept. */
type Turn<Value> =
  | { readonly kind: 'ours'; readonly lease: MakingLease }
  /** Another worker has made it. */
  | { readonly kind: 'made'; readonly value: Value }
  /** It is made here too: nothing comes of waiting. */
  | { readonly kind: 'no use' }
  | { readonly kind: 'away' };

/**
 * Gives what is kept, and has made what is not: of those who want it at once, in whichever worker, one makes it. While Redis is
 * away nothing is kept, and one of each worker makes it.
 */
export class SingleFlight<Value> implements Disposable {
  readonly #options: SingleFlightOptions<Value>;
  readonly #flights = new Map<string, Flight<Value>>();
  readonly #refreshing = new Set<string>();
  readonly #closing = new AbortController();

  constructor(options: SingleFlightOptions<Value>) {
    this.#options = options;
  }

  /**
   * Throws what the making throws, to who made it: the others make it themselves then. Throws a `Failure` (`cancelled`)
   * once the signal aborts; the making goes on for those who still want it.
   */
  async get(wanted: Wanted<Value>, signal: AbortSignal): Promise<Given<Value>> {
    const passenger = { wanted, signal };
    for (;;) {
      const flight = this.#flights.get(wanted.key) ?? this.#begin(wanted);
      // oxlint-disable-next-line no-await-in-loop -- where who made it has left, another has to
      const arrival = (await flight?.join(passenger)) ?? 'alone';
      if (arrival === 'alone') return makeAlone(passenger);
      if (arrival !== 'again') return arrival;
    }
  }

  /** Whoever wants it from now on does not get what is being made. */
  forget(key: string): void {
    this.#flights.delete(key);
  }

  /** Nobody waits for what is refreshed any longer. */
  [Symbol.dispose](): void {
    this.#closing.abort(new Error('The worker ends'));
  }

  /** Nothing, if there are too many. */
  #begin(wanted: Wanted<Value>): Flight<Value> | undefined {
    const { flightsMax = FLIGHTS_MAX, log } = this.#options;
    if (this.#flights.size >= flightsMax) return undefined;
    const { key } = wanted;
    const flight = new Flight<Value>(() => {
      if (this.#flights.get(key) === flight) this.#flights.delete(key);
    });
    this.#flights.set(key, flight);
    this.#fly(flight, wanted)
      .catch((error: unknown) => {
        log.error('cached value was not come by', { key, error });
        flight.fail(error);
      })
      .finally(flight.close);
    return flight;
  }

  async #fly(flight: Flight<Value>, wanted: Wanted<Value>): Promise<void> {
    const { kept, read } = this.#options;
    const found = await kept.find(wanted.key, wanted.staleMs);
    const value = found ? read(found.text) : undefined;
    if (found && value !== undefined) {
      flight.land(value, found.isFresh ? 'hit' : 'stale');
      if (!found.isFresh) this.#refresh(wanted);
      return;
    }
    const turn = found === undefined ? AWAY : await this.#takeTurn(flight, wanted);
    switch (turn.kind) {
      case 'ours':
        await this.#make(flight, wanted, turn.lease);
        return;
      case 'made':
        flight.land(turn.value, 'shared');
        return;
      case 'no use':
        await flight.make('miss', nothing);
        return;
      case 'away':
        await flight.make('error', nothing);
    }
  }

  async #takeTurn(flight: Flight<Value>, wanted: Wanted<Value>): Promise<Turn<Value>> {
    const { kept } = this.#options;
    const { key, waitMs } = wanted;
    const until = performance.now() + waitMs;
    let awaited: Awaited | undefined = { kind: 'nobody' };
    for (let pauseMs = LOOK_MS; ; pauseMs = Math.min(LOOK_MS_MAX, pauseMs * LOOK_GROWTH)) {
      /* oxlint-disable no-await-in-loop -- one after the other is the point */
      const turn = await this.#turnAfter(awaited, wanted);
      if (turn !== undefined) return turn;
      if (flight.isEmpty || performance.now() > until) return NO_USE;
      await sleep(pauseMs, undefined, { ref: false });
      awaited = await kept.look(key);
      /* oxlint-enable no-await-in-loop -- as above */
    }
  }

  /** Nothing, while another makes it. */
  async #turnAfter(
    awaited: Awaited | undefined,
    { key, staleMs }: Wanted<Value>,
  ): Promise<Turn<Value> | undefined> {
    switch (awaited?.kind) {
      case undefined:
        return AWAY;
      case 'kept':
        return this.#made(awaited.text);
      case 'renounced':
        return NO_USE;
      case 'making':
        return undefined;
      case 'nobody': {
        const taken = await this.#options.kept.take(key, staleMs);
        if (taken === undefined) return AWAY;
        if (typeof taken === 'string') return this.#made(taken);
        return taken === null ? undefined : { kind: 'ours', lease: taken };
      }
    }
  }

  #made(text: string): Turn<Value> {
    const value = this.#options.read(text);
    return value === undefined ? NO_USE : { kind: 'made', value };
  }

  async #make(flight: Flight<Value>, wanted: Wanted<Value>, lease: MakingLease): Promise<void> {
    try {
      const value = await flight.make('miss', () => {
        void lease.renounce();
      });
      if (value !== undefined) await this.#keep(value, wanted, lease);
    } finally {
      await lease.leave();
    }
  }

  async #keep(value: Value, wanted: Wanted<Value>, lease: MakingLease): Promise<void> {
    const text = this.#options.write(value);
    await (text === undefined ? lease.renounce() : lease.keep(text, wanted));
  }

  #refresh(wanted: Wanted<Value>): void {
    const { flightsMax = FLIGHTS_MAX, log } = this.#options;
    const { key } = wanted;
    if (this.#refreshing.has(key) || this.#refreshing.size >= flightsMax) return;
    this.#refreshing.add(key);
    this.#makeAnew(wanted)
      .catch((error: unknown) => {
        // What is kept is given until it is too old.
        if (!this.#closing.signal.aborted)
          log.warn('cached value was not refreshed', { key, error });
      })
      .finally(() => {
        this.#refreshing.delete(key);
      });
  }

  async #makeAnew(wanted: Wanted<Value>): Promise<void> {
    const { signal } = this.#closing;
    const lease = await this.#options.kept.take(wanted.key, wanted.staleMs);
    // Else another makes it, or has just done so.
    if (typeof lease !== 'object' || lease === null) return;
    let isForOthers = true;
    const keepToOneself = (): void => {
      isForOthers = false;
    };
    try {
      const value = await wanted.make({ signal, isRefresh: true, keepToOneself });
      if (isForOthers) await this.#keep(value, wanted, lease);
    } finally {
      // What cannot be made is not tried again at once.
      await lease.renounce();
    }
  }
}

const AWAY = { kind: 'away' } as const;
const NO_USE = { kind: 'no use' } as const;

async function makeAlone<Value>({ wanted, signal }: Passenger<Value>): Promise<Given<Value>> {
  const value = await wanted.make({ signal, isRefresh: false, keepToOneself: nothing });
  return { value, outcome: 'bypass' };
}

function nothing(): void {
  // Nobody else waits for it.
}
