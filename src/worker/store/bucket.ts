/** How much a bucket keeps at hand: what its share brings between two leases. */
const RESERVE_S = 0.25;
/** Turns without a try, after which a bucket may go. */
const IDLE_TURNS = 8;
/** Takers that are told apart in one turn. What more there are share what they find. */
const TAKERS_MAX = 1_000;

/** What one worker may still let through of something, until it has the next lease. */
export class Bucket {
  readonly perS: number;
  readonly #share: number;
  #credit: number;
  #owed: number;
  #tries = 0;
  #idleTurns = 0;
  /** How many each took in this turn. */
  readonly #taken = new Map<string, number>();
  /** What one may take in this turn, so that all who came in the last get some. */
  #fairMax = Number.POSITIVE_INFINITY;
  #wasShort = false;

  /** It begins with this worker's share of a second, which it owes. */
  constructor(perS: number, workers: number) {
    this.perS = perS;
    this.#share = Math.max(1, perS / workers);
    this.#credit = this.#share;
    this.#owed = this.#share;
  }

  /** What was taken and is not accounted for by a lease. */
  get owed(): number {
    return this.#owed;
  }

  /** What the next lease should bring. */
  get wanted(): number {
    const reserve = Math.max(1, this.#share * RESERVE_S);
    const useful = Math.min(this.perS, Math.max(this.#tries, reserve));
    return Math.max(0, Math.ceil(useful - this.#credit));
  }

  get isIdle(): boolean {
    return this.#idleTurns >= IDLE_TURNS;
  }

  /** When it is worth while to ask again. */
  get waitMs(): number {
    return Math.ceil(1_000 * Math.max(RESERVE_S, 1 / this.perS));
  }

  /** Whether there is one for somebody. It counts as a try. */
  hasFor(taker: string): boolean {
    this.#tries += 1;
    const taken = this.#taken.get(taker);
    // Who comes is remembered, so that something is left for it in the next turn.
    if (taken === undefined && this.#taken.size < TAKERS_MAX) this.#taken.set(taker, 0);
    if (this.#credit >= 1 && (taken ?? 0) < this.#fairMax) return true;
    this.#wasShort = true;
    return false;
  }

  /** Takes one, which has to be there. */
  take(taker: string): void {
    this.#credit -= 1;
    const taken = this.#taken.get(taker);
    if (taken !== undefined) this.#taken.set(taker, taken + 1);
  }

  /** Adds what was granted for what was wanted and owed, and begins another turn. */
  add(granted: number, owed: number): void {
    this.#credit += granted;
    this.#owed -= owed;
    this.#turn();
  }

  /** Adds the share of so much time: there are no leases. */
  addShare(elapsedMs: number): void {
    const grown = this.#credit + (this.#share * elapsedMs) / 1_000;
    this.#credit = Math.max(this.#credit, Math.min(this.#share, grown));
    this.#turn();
  }

  #turn(): void {
    this.#idleTurns = this.#tries === 0 ? this.#idleTurns + 1 : 0;
    const isContended = this.#wasShort && this.#taken.size > 1;
    this.#fairMax = isContended
      ? Math.max(1, Math.floor(this.#credit / this.#taken.size))
      : Number.POSITIVE_INFINITY;
    this.#wasShort = false;
    this.#tries = 0;
    this.#taken.clear();
  }
}
