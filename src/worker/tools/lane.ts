import { Failure } from '../../shared/errors.ts';
import type { Logger } from '../../shared/logger.ts';
import type { Tooling } from '../../shared/tooling.ts';
import { type Abortable, cancelled } from '../domain/cancellation.ts';
import { Room } from './room.ts';
import type { Tool } from './tool.ts';
import { Turns } from './turns.ts';

/** Whoever counts who waits, and who is refused. It must not throw. */
export interface PlacesObserver {
  refuse(limit: 'tool_queue' | 'tool_wait' | 'tool_stuck'): void;
  /** One more waits for a tool, or one less. */
  wait(tool: string, more: 1 | -1): void;
  /** A tool takes no calls, or takes them again. */
  stick(tool: string, isStuck: boolean): void;
}

export interface PlacesOptions {
  readonly tooling: Pick<Tooling, 'concurrencyMax' | 'concurrencyOfOneMax' | 'queueMax'>;
  readonly observer: PlacesObserver;
  readonly log: Logger;
}

/** A place that a call runs in. */
export interface Place {
  /** The work is over, and another may have it. */
  leave(): void;
  /** Nobody waits for the work any more. The place is held until it is over. */
  giveUp(): void;
}

/** A principal, as long as it has calls here. */
interface One {
  readonly id: string;
  readonly room: Room;
}

/** A call that waits for a place. */
interface Waiter {
  readonly one: One;
  /** Both are for one that is taken from the queue. */
  readonly admit: (place: Place) => void;
  readonly refuse: (failure: Failure) => void;
}

/** Principals without calls that are remembered, because it costs more to make them anew. */
const KEPT_MAX = 100;
/** When it is worth while to try again. */
const BUSY_RETRY_MS = 1_000;
const STUCK_RETRY_MS = 5_000;

/** The places of one tool. */
export class Lane {
  readonly #tool: Tool;
  readonly #options: PlacesOptions;
  readonly #room: Room;
  readonly #ofOneMax: number;
  readonly #ones = new Map<string, One>();
  readonly #turns = new Turns<Waiter>();
  /** Why it takes no calls: its room is stuck, it is held back. */
  #obstacles = 0;
  #holding: NodeJS.Timeout | undefined;

  constructor(tool: Tool, options: PlacesOptions) {
    const { concurrencyMax, concurrencyOfOneMax } = options.tooling;
    const max = tool.concurrencyMax ?? concurrencyMax;
    this.#tool = tool;
    this.#options = options;
    this.#ofOneMax = Math.min(concurrencyOfOneMax, max);
    this.#room = new Room(max, (isStuck) => {
      this.#obstruct(isStuck ? 1 : -1);
      if (isStuck) this.#turnAway();
    });
  }

  /** Principals that are remembered. */
  get size(): number {
    return this.#ones.size;
  }

  /** See `Places`. */
  take(id: string, cancellation: Abortable): Place | Promise<Place> {
    const one = this.#ones.get(id) ?? this.#welcome(id);
    if (this.#obstacles > 0 || one.room.isStuck) {
      this.#forget(one);
      throw this.#refusal('tool_stuck');
    }
    if (this.#room.isFull || one.room.isFull) return this.#wait(one, cancellation);
    return this.#enter(one);
  }

  /** See `Places`. */
  hold(ms: number): void {
    if (this.#holding === undefined) this.#obstruct(1);
    clearTimeout(this.#holding);
    this.#holding = setTimeout(() => {
      this.#holding = undefined;
      this.#obstruct(-1);
    }, ms).unref();
    this.#turnAway();
  }

  /** The work of one that was let in is over. */
  leave(one: One, isGivenUp: boolean): void {
    this.#room.leave(isGivenUp);
    one.room.leave(isGivenUp);
    if (this.#turns.size > 0) {
      const next = this.#turns.take((id) => this.#ones.get(id)?.room.isFull === false);
      next?.admit(this.#enter(next.one));
    }
    this.#forget(one);
  }

  /** Nobody waits for the work of one that was let in. */
  giveUp(one: One): void {
    this.#room.giveUp();
    one.room.giveUp();
  }

  #welcome(id: string): One {
    const room = new Room(this.#ofOneMax, (isStuck) => {
      if (isStuck) this.#turnAway(id);
    });
    const one = { id, room };
    this.#ones.set(id, one);
    return one;
  }

  /** Principals come and go. A few are kept: they come again. */
  #forget({ id, room }: One): void {
    if (this.#ones.size <= KEPT_MAX) return;
    if (room.isEmpty && !this.#turns.has(id)) this.#ones.delete(id);
  }

  #enter(one: One): Place {
    this.#room.enter();
    one.room.enter();
    return new HeldPlace(this, one);
  }

  async #wait(one: One, cancellation: Abortable): Promise<Place> {
    if (cancellation.aborted) {
      this.#forget(one);
      throw cancelled(cancellation);
    }
    if (this.#turns.size >= this.#options.tooling.queueMax) this.#shorten(one);
    const { promise, resolve: admit, reject } = Promise.withResolvers<Place>();
    const waiter: Waiter = { one, admit, refuse: reject };
    // Who is given a place has it, and who has gone is given none.
    const cancel = {
      handleEvent: () => {
        if (this.#turns.delete(one.id, waiter)) reject(cancelled(cancellation));
      },
    };
    const timer = setTimeout(() => {
      if (this.#turns.delete(one.id, waiter)) reject(this.#refusal('tool_wait'));
    }, this.#tool.timeoutMs).unref();
    cancellation.addEventListener('abort', cancel);
    this.#turns.add(one.id, waiter);
    this.#options.observer.wait(this.#tool.name, 1);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      cancellation.removeEventListener('abort', cancel);
      this.#options.observer.wait(this.#tool.name, -1);
      this.#forget(one);
    }
  }

  /** Makes room for one more to wait, at the cost of who has most waiting, or refuses it. */
  #shorten(one: One): void {
    const surplus = this.#turns.takeSurplus(one.id);
    const refusal = this.#refusal('tool_queue');
    if (surplus === undefined) {
      this.#forget(one);
      throw refusal;
    }
    surplus.refuse(refusal);
  }

  /** Refuses all who wait, or all calls of one principal that do: they would wait for what does not end. */
  #turnAway(id?: string): void {
    for (const waiter of this.#turns.takeAll(id)) waiter.refuse(this.#refusal('tool_stuck'));
  }

  #obstruct(more: 1 | -1): void {
    const { observer, log } = this.#options;
    const { name } = this.#tool;
    const wasObstructed = this.#obstacles > 0;
    this.#obstacles += more;
    const isObstructed = this.#obstacles > 0;
    if (isObstructed === wasObstructed) return;
    observer.stick(name, isObstructed);
    if (isObstructed) log.warn('tool is stuck', { tool: name });
    else log.info('tool is no longer stuck', { tool: name });
  }

  #refusal(limit: 'tool_queue' | 'tool_wait' | 'tool_stuck'): Failure {
    const { name } = this.#tool;
    this.#options.observer.refuse(limit);
    switch (limit) {
      case 'tool_queue':
        return new Failure('limited', `Too many calls wait for ${name} already`, {
          retryAfterMs: BUSY_RETRY_MS,
        });
      case 'tool_wait':
        return new Failure('limited', `${name} was busy for too long to take this call`, {
          retryAfterMs: BUSY_RETRY_MS,
        });
      case 'tool_stuck':
        return new Failure('quarantined', `${name} does not work properly, and takes no calls`, {
          retryAfterMs: STUCK_RETRY_MS,
        });
    }
  }
}

class HeldPlace implements Place {
  readonly #lane: Lane;
  readonly #one: One;
  #isOver = false;
  #isGivenUp = false;

  constructor(lane: Lane, one: One) {
    this.#lane = lane;
    this.#one = one;
  }

  leave(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#lane.leave(this.#one, this.#isGivenUp);
  }

  giveUp(): void {
    if (this.#isOver || this.#isGivenUp) return;
    this.#isGivenUp = true;
    this.#lane.giveUp(this.#one);
  }
}
