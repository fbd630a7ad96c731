import { LinkedList, type Listed } from '../../shared/linked-list.ts';

/** Something that is waited for. */
interface Awaited {
  /** It was not there in time. */
  overdue(): void;
}

interface Waiting {
  readonly awaited: Awaited;
  readonly dueAt: number;
  listed?: Listed;
}

/** Those that are waited for, each as long as the others, so that one timer does for all. */
export class Overdue implements Disposable {
  readonly #afterMs: number;
  /** The first is due first. */
  readonly #waiting = new LinkedList<Waiting>();
  #timer: NodeJS.Timeout | undefined;

  constructor(afterMs: number) {
    this.#afterMs = afterMs;
  }

  /** It is told once if it is not taken out before it is due. */
  add(awaited: Awaited): Listed {
    const waiting: Waiting = { awaited, dueAt: performance.now() + this.#afterMs };
    waiting.listed = this.#waiting.add(waiting);
    this.#timer ??= this.#wait(this.#afterMs);
    return waiting.listed;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    for (const { listed } of this.#waiting.items) listed?.remove();
  }

  #wait(ms: number): NodeJS.Timeout {
    return setTimeout(() => {
      this.#timer = undefined;
      this.#tell();
    }, ms).unref();
  }

  #tell(): void {
    const now = performance.now();
    for (let { first } = this.#waiting; first !== undefined; { first } = this.#waiting) {
      if (first.dueAt > now) {
        this.#timer ??= this.#wait(Math.ceil(first.dueAt - now));
        return;
      }
      first.listed?.remove();
      first.awaited.overdue();
    }
  }
}
