import type { Infliction } from './crash.ts';

/** How long an incarnation has been at what it is at. Our own pauses are not counted. */
export interface Clocks {
  /** Since it was last heard. */
  silentMs: number;
  /** Booting, without what is counted below. */
  bootMs: number;
  /** In a phase that has a limit of its own. */
  phaseMs: number;
  /** Waiting for a dependency. */
  waitMs: number;
}

/** What each of these may come to. */
export interface TimeLimits {
  readonly suspectMs: number;
  readonly silenceMs: number;
  readonly bootMs: number;
  /** Nothing limits it while others serve. */
  readonly waitMs: number | undefined;
}

/** What an incarnation is at, as far as its time is limited. */
export interface Activity {
  /** Ready, or on its way to be: it has to be heard either way. */
  readonly booting: boolean;
  readonly waiting: boolean;
  /** The limit of the phase it is in, if it has one of its own. */
  readonly phaseLimitMs: number | undefined;
}

/** Counts `elapsedMs` on whichever clock runs. */
export function advance(clocks: Clocks, activity: Activity, elapsedMs: number): void {
  clocks.silentMs += elapsedMs;
  if (!activity.booting) return;
  if (activity.waiting) clocks.waitMs += elapsedMs;
  else if (activity.phaseLimitMs !== undefined) clocks.phaseMs += elapsedMs;
  else clocks.bootMs += elapsedMs;
}

/** What its time is over for, if it is. Pure. */
export function findOverdue(
  clocks: Clocks,
  activity: Activity,
  limits: TimeLimits,
): Exclude<Infliction, 'drain'> | 'suspect' | undefined {
  if (clocks.silentMs >= limits.silenceMs) return 'hang';
  if (activity.booting) {
    if (activity.waiting) {
      if (limits.waitMs !== undefined && clocks.waitMs >= limits.waitMs)
        return 'dependency-deadline';
    } else if (activity.phaseLimitMs !== undefined) {
      if (clocks.phaseMs >= activity.phaseLimitMs) return 'boot-deadline';
    } else if (clocks.bootMs >= limits.bootMs) return 'boot-deadline';
  }
  return clocks.silentMs >= limits.suspectMs ? 'suspect' : undefined;
}

/** A tick that comes later than this was not ours to give: we were stopped, or starved. */
const PAUSE_MIN_MS = 1_000;

export interface WatchdogOptions {
  readonly tickMs: number;
  /** Called at each tick with the time that passed, and no more of it than we were awake for. */
  readonly onTick: (elapsedMs: number) => void;
  readonly onPause: (pausedMs: number) => void;
}

/**
 * The one timer that looks after all workers. Time in which we were stopped ourselves does not
 * count against them: what they said meanwhile is still to be read.
 */
export class Watchdog implements Disposable {
  readonly #options: WatchdogOptions;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: WatchdogOptions) {
    this.#options = options;
  }

  start(): void {
    const { tickMs, onTick, onPause } = this.#options;
    let lookedAt = performance.now();
    this.#timer = setInterval(() => {
      const now = performance.now();
      const passedMs = now - lookedAt;
      lookedAt = now;
      const pausedMs = Math.round(passedMs - tickMs);
      if (pausedMs > PAUSE_MIN_MS) onPause(pausedMs);
      onTick(Math.min(passedMs, 2 * tickMs));
    }, tickMs);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
