import type { Worker } from 'node:worker_threads';

const LOOK_MS = 50;
/** What was thrown away counts until V8 collects it: more than is allowed has to be there for so many looks … */
const LOOKS_MAX = 6;
/** … or so much more that there is no time to lose. */
const FAR_OVER = 1.5;

/**
 * Looks at what a thread holds, its buffers included, of which V8 keeps no account when it bounds a heap. Calls `onOver`, once, when it
 * is more than allowed. It sees into a thread that is busy.
 */
export class MemoryWatch implements Disposable {
  readonly #thread: Worker;
  readonly #bytesMax: number;
  readonly #onOver: () => void;
  readonly #timer: NodeJS.Timeout;
  #isLooking = false;
  #looksOver = 0;
  #isOver = false;
  #isDisposed = false;

  constructor(thread: Worker, bytesMax: number, onOver: () => void) {
    this.#thread = thread;
    this.#bytesMax = bytesMax;
    this.#onOver = onOver;
    this.#timer = setInterval(() => void this.#look(), LOOK_MS).unref();
  }

  /** It took more than it may. */
  get isOver(): boolean {
    return this.#isOver;
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true;
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    // In the middle of something long, a thread answers late.
    if (this.#isLooking || this.#isOver) return;
    this.#isLooking = true;
    const held = await this.#read();
    this.#isLooking = false;
    // The call is over: whatever is there belongs to the next one.
    if (this.#isDisposed) return;
    this.#looksOver = held > this.#bytesMax ? this.#looksOver + 1 : 0;
    if (this.#looksOver < LOOKS_MAX && held <= FAR_OVER * this.#bytesMax) return;
    this.#isOver = true;
    clearInterval(this.#timer);
    this.#onOver();
  }

  async #read(): Promise<number> {
    try {
      const { used_heap_size: heap, external_memory: buffers } =
        await this.#thread.getHeapStatistics();
      return heap + buffers;
    } catch {
      // It has just ended.
      return 0;
    }
  }
}
