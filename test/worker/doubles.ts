/** Stand-ins for what workers share, where one worker is all there is. */
import type { IncomingMessage } from 'node:http';

import { type Admission, NEVER } from '../../src/worker/domain/admission.ts';
import type { Audit, AuditEntry } from '../../src/worker/domain/audit.ts';
import type { Bus, EventLog, Leases, LogEntry, Workers } from '../../src/worker/domain/bus.ts';
import type { Change, Changes } from '../../src/worker/domain/change.ts';
import { isAfter } from '../../src/worker/domain/entry-id.ts';
import type { Seal } from '../../src/worker/domain/seal.ts';
import type {
  Session,
  SessionEnd,
  Sessions,
  SocketSession,
  SocketSessionEnd,
  SocketSessions,
} from '../../src/worker/domain/session.ts';
import type { Entrance } from '../../src/worker/transport/entrance.ts';

/** An entrance that is open to all: who they are is what is made of the request. */
export function openEntrance<Caller>(
  whoOf: (request: IncomingMessage) => Caller | Promise<Caller>,
): Entrance<Caller> {
  const letIn = async (request: IncomingMessage): Promise<Admission<Caller>> => ({
    caller: await whoOf(request),
    credential: undefined,
    ended: NEVER,
  });
  return {
    admit: letIn,
    admitSocket: letIn,
    admitSession: async () => undefined,
    takePlace: () => ({ [Symbol.dispose]: () => undefined }),
  };
}

/** Nothing is written down. */
export const noAudit: Audit = { record: () => undefined };

/** What is written down, in the order it came. */
export class LocalAudit implements Audit {
  readonly entries: AuditEntry[] = [];

  record(entry: AuditEntry): void {
    this.entries.push(entry);
  }
}

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

  readonly #heeds = new Set<(id: string) => void>();

  async create(session: Session): Promise<readonly string[]> {
    this.#sessions.set(session.id, session);
    return [];
  }

  async find(id: string, principal: string): Promise<Session | 'ended' | 'foreign' | undefined> {
    const found = this.#sessions.get(id);
    return typeof found === 'object' && found.principal !== principal ? 'foreign' : found;
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

  hold(): Disposable {
    return { [Symbol.dispose]: () => undefined };
  }

  onEnd(heed: (id: string) => void): Disposable {
    this.#heeds.add(heed);
    return { [Symbol.dispose]: () => this.#heeds.delete(heed) };
  }

  /** How many there are, ended ones too. */
  get size(): number {
    return this.#sessions.size;
  }

  /** An operator ends one. */
  async endByOperator(id: string): Promise<void> {
    await this.end(id);
    for (const heed of this.#heeds) heed(id);
  }

  #change(id: string, change: (session: Session) => Session | 'ended'): boolean {
    const session = this.#sessions.get(id);
    if (session === undefined || session === 'ended') return false;
    this.#sessions.set(id, change(session));
    return true;
  }
}

/** Sessions over WebSockets, in memory. */
export class LocalSocketSessions implements SocketSessions {
  readonly open = new Map<SocketSession, (reason: string) => void>();
  readonly ended: SessionEnd[] = [];

  begin(session: SocketSession, end: (reason: string) => void): SocketSessionEnd {
    this.open.set(session, end);
    return (reason) => {
      this.open.delete(session);
      this.ended.push(reason);
    };
  }
}
