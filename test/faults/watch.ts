import { AssertionError } from 'node:assert';
import { setTimeout as sleep } from 'node:timers/promises';

const COUNT_MS = 50;
const ASK_MS = 150;

export interface WatchOptions {
  readonly countWorkers: () => number;
  /** Asks for the state, and fails an assertion if it is not as it is published. */
  readonly ask: () => Promise<unknown>;
}

/** Looks at a supervisor again and again, whether its test does or not. */
export class Watch {
  /** The most workers that lived at once. */
  crowd = 0;
  /** States that were not as they are published. */
  readonly invalid: string[] = [];
  readonly #options: WatchOptions;
  readonly #asking: Promise<void>;
  readonly #counting: NodeJS.Timeout;
  #over = false;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#counting = setInterval(() => {
      this.crowd = Math.max(this.crowd, options.countWorkers());
    }, COUNT_MS);
    this.#asking = this.#askOften();
  }

  async stop(): Promise<void> {
    this.#over = true;
    clearInterval(this.#counting);
    await this.#asking;
  }

  async #askOften(): Promise<void> {
    while (!this.#over) {
      try {
        await this.#options.ask();
      } catch (error) {
        // One that starts, is stopped, or has ended does not answer.
        if (error instanceof AssertionError) this.invalid.push(error.message);
      }
      await sleep(ASK_MS);
    }
  }
}
