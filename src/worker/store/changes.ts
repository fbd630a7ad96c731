import type { EventLog } from '../domain/bus.ts';
import { type Change, type Changes, parseChange } from '../domain/change.ts';

const LOG = 'changes';

/** The changes that any worker announces, as all workers hear of them: once, and in the same order. */
export class SharedChanges implements Changes, Disposable {
  readonly #log: EventLog;
  readonly #listeners = new Set<Parameters<Changes['listen']>[0]>();
  #following: Disposable | undefined;
  #position: string | undefined;

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

  /** Tells everybody. While Redis is away only those hear of it who are connected here. */
  async announce(change: Change): Promise<void> {
    const id = await this.#log.append(LOG, change);
    if (id === undefined) this.#tell(change, undefined);
  }

  [Symbol.dispose](): void {
    this.#following?.[Symbol.dispose]();
  }

  #tell(change: Change, position: string | undefined): void {
    for (const heed of this.#listeners) heed(change, position);
  }
}
