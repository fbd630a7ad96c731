/** How many places each holds at one worker: sockets of an address, or requests of a principal. */
export class Occupancy {
  readonly #ofOneMax: number;
  /** Only of those who hold a place, so that it is no larger than what is open. */
  readonly #held = new Map<string, number>();

  constructor(ofOneMax: number) {
    this.#ofOneMax = ofOneMax;
  }

  /** Those who hold a place. */
  get size(): number {
    return this.#held.size;
  }

  /** Takes a place until what this returns is disposed of. Nothing, if one holds as many as it may. */
  take(who: string): Disposable | undefined {
    const held = this.#held.get(who) ?? 0;
    if (held >= this.#ofOneMax) return undefined;
    this.#held.set(who, held + 1);
    return new Place(this.#held, who);
  }
}

/** One of the places that somebody holds. */
class Place implements Disposable {
  readonly #held: Map<string, number>;
  #who: string | undefined;

  constructor(held: Map<string, number>, who: string) {
    this.#held = held;
    this.#who = who;
  }

  [Symbol.dispose](): void {
    const who = this.#who;
    if (who === undefined) return;
    this.#who = undefined;
    const held = this.#held.get(who) ?? 0;
    if (held > 1) this.#held.set(who, held - 1);
    else this.#held.delete(who);
  }
}
