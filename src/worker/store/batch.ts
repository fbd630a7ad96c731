export interface BatchOptions<Entry> {
  /** Writes entries together, in the order they came. What it rejects with is told to `onFailure`, and they are tried again. */
  readonly write: (entries: readonly Entry[]) => Promise<void>;
  /** How long an entry may wait for others. */
  readonly everyMs: number;
  /** Entries in one write. */
  readonly sizeMax: number;
  /** Entries that wait, and are being written. With more the oldest that wait are lost. */
  readonly waitingMax: number;
  readonly onLost: (count: number) => void;
  readonly onFailure: (error: unknown) => void;
}

/** How long the last entries may take once it is disposed of. */
const FLUSH_MS_MAX = 2_000;

/** Collects what is to be written, so that whoever adds an entry does not wait for it: a few writes for many entries. */
export class Batch<Entry> implements AsyncDisposable {
  readonly #options: BatchOptions<Entry>;
  /** Runs while something waits, so that a batch nobody adds to costs nothing. */
  #timer: NodeJS.Timeout | undefined;
  #waiting: Entry[] = [];
  /** Entries that are being written: they are not lost as long as that may succeed. */
  #underWay: readonly Entry[] = [];
  #writing: Promise<boolean> | undefined;
  #isOver = false;

  constructor(options: BatchOptions<Entry>) {
    this.#options = options;
  }

  /** Entries that are not yet written. */
  get size(): number {
    return this.#waiting.length + this.#underWay.length;
  }

  add(entry: Entry): void {
    const { sizeMax, waitingMax, onLost } = this.#options;
    if (this.#isOver) {
      onLost(1);
      return;
    }
    this.#waiting.push(entry);
    if (this.size > waitingMax) {
      // A tenth at once, so that not each entry moves all others.
      onLost(this.#waiting.splice(0, Math.ceil(waitingMax / 10)).length);
    }
    if (this.#waiting.length === sizeMax) void this.flush();
    else this.#flushSoon();
  }

  /** Resolves when nothing waits, or a write has failed, with whether all is written. */
  async flush(): Promise<boolean> {
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = undefined;
    });
    return this.#writing;
  }

  /** Writes what waits, and gives it a last chance: what then is left is lost. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#timer);
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, FLUSH_MS_MAX);
    await Promise.race([this.#flushAnew(), late.promise]);
    clearTimeout(timer);
    this.#isOver = true;
    const left = this.size;
    this.#waiting = [];
    this.#underWay = [];
    if (left > 0) this.#options.onLost(left);
  }

  #flushSoon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.flush();
    }, this.#options.everyMs).unref();
  }

  /** A write that was under way may fail with what came before us. */
  async #flushAnew(): Promise<void> {
    if (!(await this.flush())) await this.flush();
  }

  async #writeAll(): Promise<boolean> {
    const { write, sizeMax, onFailure } = this.#options;
    while (this.#waiting.length > 0) {
      const entries = this.#waiting.splice(0, sizeMax);
      this.#underWay = entries;
      try {
        await write(entries);
      } catch (error) {
        // Once it is over they are counted already.
        if (!this.#isOver) {
          this.#waiting = [...entries, ...this.#waiting];
          this.#flushSoon();
        }
        onFailure(error);
        return false;
      } finally {
        this.#underWay = [];
      }
    }
    return true;
  }
}
