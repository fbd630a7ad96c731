/** Stand-ins for what workers share, where one worker is all there is. */
import type { Bus, EventLog, Leases, LogEntry, Workers } from '../../src/worker/domain/bus.ts';
import type { Change, Changes } from '../../src/worker/domain/change.ts';
import { isAfter } from '../../src/worker/domain/entry-id.ts';
import type { Seal } from '../../src/worker/domain/seal.ts';
import type { Session, Sessions } from '../../src/worker/domain/session.ts';

/** Nothing ever changes. */
export const noChanges: Changes = {
  position: undefined,
  listen: () => ({ [Symbol.dispose]: () => undefined }),
};

/** Changes that a test announces. */
export class LocalChanges implements Changes {
  position: string | undefined;
  readonly #listeners = new Set<(change: Change, position: string | undefined) => void>();

  listen(heed: (change: Change, position: string | undefined) => void): Disposable {
    this.#listeners.add(heed);
    return { [Symbol.dispose]: () => this.#listeners.delete(heed) };
  }

  async announce(change: Change): Promise<void> {
    for (const heed of this.#listeners) heed(change, this.position);
  }
}

/** Tokens that anybody can read, but none that was made for something else. */
export const openSeal: Seal = {
  close: (content, bond) => Buffer.from(JSON.stringify([bond, content])).toString('base64url'),
  open(token, bond) {
    try {
      const [of, content] = JSON.parse(Buffer.from(token, 'base64url').toString()) as unknown[];
      return JSON.stringify(of) === JSON.stringify(bond) ? content : undefined;
    } catch {
      return undefined;
    }
  },
};

export const oneWorker: Workers = { self: 'only', isAlive: async (worker) => worker === 'only' };

/** A bus that ends at this worker. */
export class LocalBus implements Bus {
  readonly #listeners = new Map<string, Set<(message: unknown) => void>>();

  async publish(topic: string, message: object): Promise<boolean> {
    for (const heed of this.#listeners.get(topic) ?? []) heed(message);
    return true;
  }

  async listen(topic: string, heed: (message: unknown) => void): Promise<Disposable> {
    const listeners = this.#listeners.get(topic) ?? new Set();
    this.#listeners.set(topic, listeners.add(heed));
    return { [Symbol.dispose]: () => listeners.delete(heed) };
  }
}

/** Logs in memory. */
export class LocalLog implements EventLog {
  readonly #logs = new Map<string, LogEntry[]>();
  readonly #followers = new Map<string, Set<(entry: LogEntry) => void>>();

  async append(log: string, message: object): Promise<string> {
    const entries = this.#logs.get(log) ?? [];
    this.#logs.set(log, entries);
    const entry = { id: `${entries.length + 1}-0`, message };
    entries.push(entry);
    for (const heed of this.#followers.get(log) ?? []) heed(entry);
    return entry.id;
  }

  async follow(
    log: string,
    after: string | undefined,
    heed: (entry: LogEntry) => void,
  ): Promise<Disposable> {
    for (const entry of this.#logs.get(log) ?? []) {
      if (after === undefined || isAfter(entry.id, after)) heed(entry);
    }
    const followers = this.#followers.get(log) ?? new Set();
    this.#followers.set(log, followers.add(heed));
    return { [Symbol.dispose]: () => followers.delete(heed) };
  }
}

/** Leases in memory. */
export class LocalLeases implements Leases {
  readonly #lost = new Map<string, () => void>();

  async take(
    name: string,
    { takeAway, lost }: { readonly takeAway: boolean; readonly lost: () => void },
  ): Promise<AsyncDisposable | undefined> {
    const other = this.#lost.get(name);
    if (other !== undefined && !takeAway) return undefined;
    this.#lost.set(name, lost);
    other?.();
    return {
      [Symbol.asyncDispose]: async () => {
        if (this.#lost.get(name) === lost) this.#lost.delete(name);
      },
    };
  }
}

/** Sessions in memory. */
export class LocalSessions implements Sessions {
  readonly #sessions = new Map<string, Session | 'ended'>();

  async create(session: Session): Promise<void> {
    this.#sessions.set(session.id, session);
  }

  async find(id: string): Promise<Session | 'ended' | undefined> {
    return this.#sessions.get(id);
  }

  async setLogLevel(id: string, logLevel: Session['logLevel']): Promise<boolean> {
    return this.#change(id, (session) => ({ ...session, logLevel }));
  }

  async subscribe(id: string, uri: string): Promise<boolean> {
    return this.#change(id, (session) => ({
      ...session,
      subscriptions: [...session.subscriptions, uri],
    }));
  }

  async unsubscribe(id: string, uri: string): Promise<boolean> {
    return this.#change(id, (session) => ({
      ...session,
      subscriptions: session.subscriptions.filter((other) => other !== uri),
    }));
  }

  async end(id: string): Promise<boolean> {
    return this.#change(id, () => 'ended');
  }

  #change(id: string, change: (session: Session) => Session | 'ended'): boolean {
    const session = this.#sessions.get(id);
    if (session === undefined || session === 'ended') return false;
    this.#sessions.set(id, change(session));
    return true;
  }
}
