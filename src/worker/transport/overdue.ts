/** Something that is waited for. */
interface Awaited {
  /** It was not there in time. */
  overdue(): void;
}

/** Those that are waited for, each as long as the others, so that one timer does for all. */
export class Overdue implements Disposable {
  readonly #afterMs: number;
  /** By when each is due. The first is due first. */
  readonly #waiting = new Map<Awaited, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(afterMs: number) {
    this.#afterMs = afterMs;
  }

  /** It is told once if it is not taken away before it is due. */
  add(awaited: Awaited): void {
    this.#waiting.set(awaited, performance.now() + this.#afterMs);
    this.#timer ??= this.#wait(this.#afterMs);
  }

  delete(awaited: Awaited): void {
    this.#waiting.delete(awaited);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#waiting.clear();
  }

  #wait(ms: number): NodeJS.Timeout {
    return setTimeout(() => {
      this.#timer = undefined;
      this.#tell();
    }, ms).unref();
  }

  #tell(): void {
    const now = performance.now();
    for (const [awaited, dueAt] of this.#waiting) {
      if (dueAt > now) {
        this.#timer ??= this.#wait(Math.ceil(dueAt - now));
        return;
      }
      this.#waiting.delete(awaited);
      awaited.overdue();
    }
  }
}
