/** How long the wheel stands still between two turns. */
const TURN_MS = 250;

export interface WheelOptions<Member> {
  /** How often each member is visited. */
  readonly roundMs: number;
  readonly visit: (member: Member) => void;
}

/**
 * Visits each of its members once in a round: for the first time a round after it was added, give or take a turn. One timer
 * serves all, and visits those only who came in the same turn, so that nothing else has to wait for long however many there are.
 * It stands still while there are none.
 */
export class Wheel<Member> implements Disposable {
  readonly #visit: (member: Member) => void;
  /** Those who are visited together. */
  readonly #slots: readonly Set<Member>[];
  /** Where each of them is. */
  readonly #places = new Map<Member, Set<Member>>();
  readonly #turnMs: number;
  #timer: NodeJS.Timeout | undefined;
  #turns = 0;
  #isOver = false;

  constructor({ roundMs, visit }: WheelOptions<Member>) {
    const count = Math.max(1, Math.round(roundMs / TURN_MS));
    this.#visit = visit;
    this.#slots = Array.from({ length: count }, () => new Set<Member>());
    this.#turnMs = roundMs / count;
  }

  get size(): number {
    return this.#places.size;
  }

  get members(): Iterable<Member> {
    return this.#places.keys();
  }

  add(member: Member): void {
    const slot = this.#slotNow();
    slot.add(member);
    this.#places.set(member, slot);
    if (this.#isOver) return;
    this.#timer ??= setInterval(() => {
      this.#turn();
    }, this.#turnMs).unref();
  }

  delete(member: Member): void {
    this.#places.get(member)?.delete(member);
    this.#places.delete(member);
    if (this.size === 0) this.#stop();
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#stop();
  }

  #stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #turn(): void {
    this.#turns += 1;
    for (const member of this.#slotNow()) this.#visit(member);
  }

  /** The one that was visited last, and comes again in a round. */
  #slotNow(): Set<Member> {
    const slot = this.#slots[this.#turns % this.#slots.length];
    if (slot === undefined) throw new Error('A wheel has slots');
    return slot;
  }
}
