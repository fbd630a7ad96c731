import type { Link } from './link.ts';
import { lossOf } from './loss.ts';
import type { Loss } from './wire.ts';

/** How closely a server is attended to. */
export interface Attention {
  /** How long a handshake, or a list, may take. */
  readonly answerMs: number;
  /** How often is looked which tools there are, and whether anybody is there. */
  readonly lookMs: number;
  /** The least time between two looks: what changes all the time is looked at now and then. */
  readonly lookMsMin: number;
}

export interface AttendantOptions {
  readonly link: Link;
  readonly attention: Attention;
  /** Takes what is listed. */
  readonly take: (listed: readonly unknown[]) => Promise<void>;
  readonly stop: AbortSignal;
}

/** Looks that go unanswered before a server is taken for gone. */
const MISSES_MAX = 2;

/** Looks at what one server lists: at once, when it says that it changed, and now and then, for not all of them say so. */
export class Attendant {
  readonly #options: AttendantOptions;
  #lookedAt = 0;
  #misses = 0;
  #loss: Loss | undefined;
  #isDue = false;
  #wake: () => void = () => undefined;
  #soon: NodeJS.Timeout | undefined;

  constructor(options: AttendantOptions) {
    this.#options = options;
    void options.link.lost.then((loss) => {
      this.#loss = loss;
      this.#wake();
    });
  }

  /** Looks before its time. Who asks for it often is not heeded each time. */
  readonly lookSoon = (): void => {
    const waitMs = Math.max(
      0,
      this.#lookedAt + this.#options.attention.lookMsMin - performance.now(),
    );
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined;
      this.#isDue = true;
      this.#wake();
    }, waitMs).unref();
  };

  /** Looks for the first time. Rejects with whatever is in the way of it. */
  async look(): Promise<void> {
    const { link, attention, take, stop } = this.#options;
    this.#isDue = false;
    this.#lookedAt = performance.now();
    const inTime = AbortSignal.any([stop, AbortSignal.timeout(attention.answerMs)]);
    await take(await link.list(inTime));
    this.#misses = 0;
  }

  /** Resolves when the server is gone, with why. */
  async attend(): Promise<Loss> {
    const { attention, stop } = this.#options;
    try {
      for (;;) {
        await this.#pause(this.#misses === 0 ? attention.lookMs : attention.lookMsMin);
        if (this.#loss !== undefined) return this.#loss;
        if (stop.aborted) return { reason: 'it is no longer mounted' };
        const loss = await this.#tryToLook();
        if (loss !== undefined && this.#misses >= MISSES_MAX) return loss;
      }
    } finally {
      clearTimeout(this.#soon);
    }
  }

  async #tryToLook(): Promise<Loss | undefined> {
    const { link } = this.#options;
    try {
      await this.look();
      return undefined;
    } catch (error) {
      if (this.#options.stop.aborted) return undefined;
      const loss = lossOf(error);
      // It may be busy with something else, and says so by what it sends.
      if (link.heardAt < this.#lookedAt) this.#misses += 1;
      return loss;
    }
  }

  /** It ends early when there is cause to. */
  async #pause(ms: number): Promise<void> {
    const { stop } = this.#options;
    if (this.#isDue || this.#loss !== undefined || stop.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = (): void => {
      resolve();
    };
    const timer = setTimeout(wake, ms).unref();
    stop.addEventListener('abort', wake);
    this.#wake = wake;
    await promise;
    clearTimeout(timer);
    stop.removeEventListener('abort', wake);
  }
}
