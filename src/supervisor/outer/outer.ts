import type { Notification } from './sd-notify.ts';
import type { OuterKind, Surroundings } from './surroundings.ts';

/** Nobody needs to hear more often that we live. */
const BEAT_MS_MIN = 1_000;
const STATUS_LENGTH_MAX = 200;

export interface OuterOptions {
  readonly surroundings: Surroundings;
  /** Says something to systemd. */
  readonly notify: (notification: Notification) => void;
  /** Says something to pm2. Absent where there is no channel. */
  readonly sendToPm2: ((message: string) => void) | undefined;
  /** Milliseconds of the clock that systemd knows as CLOCK_MONOTONIC. */
  readonly now: () => number;
}

/**
 * Whatever stands outside, told how we are. What it cannot hear is not said: whoever tells
 * need not know to whom.
 */
export class Outer {
  readonly kind: OuterKind;
  readonly #options: OuterOptions;
  #isReady = false;
  #status = '';
  #extendedUntil = Number.NEGATIVE_INFINITY;
  #beatAt = Number.NEGATIVE_INFINITY;

  constructor(options: OuterOptions) {
    this.#options = options;
    this.kind = options.surroundings.kind;
  }

  /** A worker is ready for the first time, or a reload is over. */
  ready(): void {
    this.#notify({ READY: '1' });
    if (!this.#isReady && this.kind === 'pm2') this.#options.sendToPm2?.('ready');
    this.#isReady = true;
  }

  /** How we are, in a sentence, as `systemctl status` shows it. */
  status(text: string): void {
    // A line break would begin another assignment.
    const line = text.replaceAll(/[\0\r\n]+/g, ' ').slice(0, STATUS_LENGTH_MAX);
    if (line === this.#status) return;
    this.#status = line;
    this.#notify({ STATUS: line });
  }

  /** Starting or stopping goes on for so long yet: not to be taken for hanging. Called as often as it is known anew. */
  extend(forMs: number): void {
    const until = this.#options.now() + forMs;
    if (until - this.#extendedUntil < forMs / 2) return;
    this.#extendedUntil = until;
    this.#notify({ EXTEND_TIMEOUT_USEC: microseconds(forMs) });
  }

  /** A reload has begun. `ready` ends it. */
  reloading(): void {
    this.#notify({ RELOADING: '1', MONOTONIC_USEC: microseconds(this.#options.now()) });
  }

  /** We drain, and then end. */
  stopping(): void {
    this.#notify({ STOPPING: '1' });
  }

  /** The workers have been looked after just now. To be called by who does that, and by no timer: a timer would vouch for nobody. */
  alive(): void {
    const { watchdogMs } = this.#options.surroundings;
    if (watchdogMs === undefined) return;
    const now = this.#options.now();
    if (now - this.#beatAt < Math.max(BEAT_MS_MIN, watchdogMs / 2)) return;
    this.#beatAt = now;
    this.#notify({ WATCHDOG: '1' });
  }

  #notify(notification: Notification): void {
    if (this.#options.surroundings.notifySocket !== undefined) this.#options.notify(notification);
  }
}

function microseconds(ms: number): string {
  return String(Math.round(ms * 1_000));
}
