import type { EventLog } from '../domain/bus.ts';
import { type Change, type Changes, parseChange } from '../domain/change.ts';
import { URI_LENGTH_MAX } from '../domain/session.ts';

const LOG = 'changes';
/** Others are to hear of what they missed within a second of Redis' return. While it is away, asking costs nothing. */
const RETRY_MS = 250;
/** Changes that wait for Redis. */
const WAITING_MAX = 1_000;

/** The changes that any worker announces, as all workers hear of them: once, and in the same order. */
export class SharedChanges implements Changes, Disposable {
  readonly #log: EventLog;
  readonly #listeners = new Set<Parameters<Changes['listen']>[0]>();
  #following: Disposable | undefined;
  #position: string | undefined;
  /** What Redis could not be told, by what it says: twice the same is once. The oldest is first. */
  readonly #waiting = new Map<string, Change>();
  #retrying: NodeJS.Timeout | undefined;

  private constructor(log: EventLog) {
    this.#log = log;
  }

  /** Begins to listen. Throws a `Failure` (`unavailable`) while Redis is away. */
  static async open(log: EventLog): Promise<SharedChanges> {
    const changes = new SharedChanges(log);
    changes.#following = await log.follow(LOG, undefined, ({ id, message }) => {
      changes.#position = id;
      const change = parseChange(message);
      if (change !== undefined) changes.#tell(change, id);
    });
    return changes;
  }

  get position(): string | undefined {
    return this.#position;
  }

  listen(heed: (change: Change, position: string | undefined) => void): Disposable {
    // What is added is this caller's own: the same function may listen twice.
    const listener: typeof heed = (change, position) => {
      heed(change, position);
    };
    this.#listeners.add(listener);
    return {
      [Symbol.dispose]: () => {
        this.#listeners.delete(listener);
      },
    };
  }

  /** Tells everybody. While Redis is away those hear of it who are connected here, and everybody when it is back. */
  async announce(change: Change): Promise<void> {
    const id = await this.#log.append(LOG, change);
    if (id !== undefined) return;
    this.#tell(change, undefined);
    // Nobody can have asked to hear of such a resource.
    if ('resource' in change && change.resource.length > URI_LENGTH_MAX) return;
    this.#waiting.set(JSON.stringify(change), change);
    const [oldest] = this.#waiting.keys();
    if (this.#waiting.size > WAITING_MAX && oldest !== undefined) this.#waiting.delete(oldest);
    this.#retryLater();
  }

  /** Tells those who are connected here, and nobody else: of what is so in this worker alone. */
  tellHere(change: Change): void {
    this.#tell(change, undefined);
  }

  [Symbol.dispose](): void {
    this.#following?.[Symbol.dispose]();
    this.#waiting.clear();
    clearTimeout(this.#retrying);
  }

  #retryLater(): void {
    this.#retrying ??= setTimeout(() => {
      void this.#retry().then(() => {
        this.#retrying = undefined;
        if (this.#waiting.size > 0) this.#retryLater();
      });
    }, RETRY_MS).unref();
  }

  async #retry(): Promise<void> {
    for (const [said, change] of this.#waiting) {
      // One after the other, and no more once Redis is away again. What is wrong with one stays so.
      // oxlint-disable-next-line no-await-in-loop -- see above
      const id = await this.#log.append(LOG, change).catch(() => '');
      if (id === undefined) return;
      this.#waiting.delete(said);
    }
  }

  #tell(change: Change, position: string | undefined): void {
    for (const heed of this.#listeners) heed(change, position);
  }
}
