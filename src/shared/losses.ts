const SAY_MS = 1_000;

/** What is lost now and then, or all the time: it is said once a second at most, and how much it was. */
export class Losses implements Disposable {
  readonly #say: (count: number) => void;
  #count = 0;
  #saying: NodeJS.Timeout | undefined;

  constructor(say: (count: number) => void) {
    this.#say = say;
  }

  note(count: number): void {
    this.#count += count;
    this.#saying ??= setTimeout(() => {
      this.#tell();
    }, SAY_MS).unref();
  }

  /** Says what was not said yet. */
  [Symbol.dispose](): void {
    clearTimeout(this.#saying);
    this.#tell();
  }

  #tell(): void {
    this.#saying = undefined;
    if (this.#count > 0) this.#say(this.#count);
    this.#count = 0;
  }
}
