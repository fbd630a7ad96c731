/** How often the event loop shows that it turns, while tools run. */
const TURN_MS = 50;
/** Late by less, it may have been the machine, or the garbage collector. */
const LATE_MS_MIN = 50;

/** Told which tool kept the event loop, and for how long. It must not throw. */
export type OnHeld = (tool: string, ms: number) => void;

export interface LoopWatchOptions {
  readonly onHeld: OnHeld;
  /** The tool whose calls run, if no other does. */
  readonly alone: () => string | undefined;
  /** A clock that never goes back, in milliseconds. */
  readonly now: () => number;
}

/**
 * Finds out which tool keeps the event loop, and everybody else with it: the one whose call ends when the loop should long have
 * turned, and that is not younger than that; or, if the loop turns late while calls of one tool alone run, that one. Where several
 * tools run and none ends, it is not known which it was, and none is named. Costs two looks at the clock for each call.
 */
export class LoopWatch {
  readonly #options: LoopWatchOptions;
  #timer: NodeJS.Timeout | undefined;
  #turnedAt = 0;
  #running = 0;
  /** Since it turned last. */
  #isUsed = false;

  constructor(options: LoopWatchOptions) {
    this.#options = options;
  }

  /** A call begins. Returns when, which its end is told. */
  begin(): number {
    const now = this.#options.now();
    this.#running += 1;
    this.#isUsed = true;
    if (this.#timer !== undefined) return now;
    this.#turnedAt = now;
    this.#timer = setInterval(() => {
      this.#turn();
    }, TURN_MS).unref();
    return now;
  }

  /** A call of that tool ends. */
  end(tool: string, beganAt: number): void {
    this.#running -= 1;
    const now = this.#options.now();
    const ms = now - Math.max(this.#turnedAt, beganAt);
    if (ms < TURN_MS + LATE_MS_MIN || this.#timer === undefined) return;
    this.#options.onHeld(tool, ms);
    // Those who end after it in the same turn only waited for it.
    this.#turnedAt = now;
  }

  #turn(): void {
    const now = this.#options.now();
    const ms = now - this.#turnedAt;
    this.#turnedAt = now;
    const tool = ms < TURN_MS + LATE_MS_MIN ? undefined : this.#options.alone();
    if (tool !== undefined) this.#options.onHeld(tool, ms);
    // A timer for nobody would wake an idle process.
    if (this.#running === 0 && !this.#isUsed) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
    this.#isUsed = false;
  }
}
