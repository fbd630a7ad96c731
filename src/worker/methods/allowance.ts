export interface AllowanceOptions {
  /** How often in a second. */
  readonly perS: number;
  /** Told when a second is over in which it was used. */
  readonly onRenewed?: () => void;
}

const SECOND_MS = 1_000;
/** Refusals after which others get their turn: who is refused at once and comes again at once would leave them none. */
const REFUSALS_IN_ROW = 64;

/** How often something may be done in a second. It costs nothing while it is not used. */
export class Allowance {
  readonly #options: AllowanceOptions;
  #used = 0;
  #refusals = 0;
  #second: NodeJS.Timeout | undefined;

  constructor(options: AllowanceOptions) {
    this.#options = options;
  }

  /** Whether it may be done once more. */
  take(): boolean {
    if (this.#used >= this.#options.perS) return false;
    this.#used += 1;
    this.#second ??= setTimeout(() => {
      this.#used = 0;
      this.#second = undefined;
      this.#options.onRenewed?.();
    }, SECOND_MS).unref();
    return true;
  }

  /** What whoever was refused waits for: nothing, but now and then until all others had their turn. */
  async giveWay(): Promise<void> {
    this.#refusals += 1;
    if (this.#refusals % REFUSALS_IN_ROW > 0) return;
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
  }

  /** It is not used any more. */
  end(): void {
    clearTimeout(this.#second);
  }
}
