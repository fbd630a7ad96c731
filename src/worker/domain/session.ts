import type { LogLevel } from './log-level.ts';

/** URIs that one session, or one subscription of the modern era, may name: more than an agent has use for. */
export const SUBSCRIPTIONS_MAX = 1_000;
/** A longer one is data, and no address. */
export const URI_LENGTH_MAX = 2_000;

/**
 * What an agent of the legacy era and we agreed on (MCP 2025-11-25, basic/lifecycle), where it outlives a
 * connection: over Streamable HTTP any worker may be asked next, and knows of it.
 */
export interface Session {
  /** Unguessable, of visible ASCII (basic/transports, session management). */
  readonly id: string;
  /** Whose it is: nobody else's requests are of it. */
  readonly principal: string;
  readonly revision: string;
  /** The program at the other end, as it calls itself. */
  readonly client: { readonly name: string; readonly version: string };
  /** What the other end can do, as it said (schema: `ClientCapabilities`). */
  readonly capabilities: Readonly<Record<string, unknown>>;
  /** What it wants to be told of. Nothing, until it said so. */
  readonly logLevel: LogLevel | undefined;
  /** URIs of resources whose updates it wants to hear of. */
  readonly subscriptions: readonly string[];
}

/** Why a session is over, as it is kept. docs/operating.md says of each what it means. */
export type SessionEnd = 'asked' | 'closed' | 'expired' | 'lost' | 'replaced' | 'operator';

/** Sessions, as every worker of every machine knows them. Each method that asks throws a `Failure` (`unavailable`) while Postgres is away and is needed. */
export interface Sessions {
  /**
   * Resolves with the sessions of the same principal that were ended for it: more than it may have were open, and these
   * were quiet for longest. Every worker finds them ended.
   */
  create(session: Session, address?: string): Promise<readonly string[]>;
  /**
   * A session that is open, or whether it was: who asks in one that was ended begins another. That it is of another
   * principal is found out in the time that it takes to find nothing.
   */
  find(id: string, principal: string): Promise<Session | 'ended' | 'foreign' | undefined>;
  /** Changes what was agreed on. Resolves when every worker finds it changed, with whether there is such a session. */
  setLogLevel(id: string, level: LogLevel): Promise<boolean>;
  /** Throws a `Failure` (`limited`) if it has subscribed to as much as it may. */
  subscribe(id: string, uri: string): Promise<boolean>;
  unsubscribe(id: string, uri: string): Promise<boolean>;
  /** Resolves when every worker finds it ended, with whether it was open. */
  end(id: string): Promise<boolean>;
  /** Until what this returns is disposed of, a session is not taken for abandoned, however quiet it is. */
  hold(id: string): Disposable;
  /**
   * `heed` is called for each session that an operator ended, and after a while for each that is held and over for whatever
   * reason, until what this returns is disposed of.
   */
  onEnd(heed: (id: string) => void): Disposable;
}

/** What is kept of a session over a WebSocket, which ends with its socket: who it is, for operators to see. */
export interface SocketSession {
  readonly principal: string;
  readonly revision: string;
  readonly client: Session['client'];
  readonly address: string | undefined;
}

/** Sessions over WebSockets. Nobody waits for what is kept of them. */
export interface SocketSessions {
  /**
   * One begins. `end` is called if it is to end, with what the other side may be told; what this returns, once, when
   * its socket is closed.
   */
  begin(session: SocketSession, end: (reason: string) => void): SocketSessionEnd;
}

/** Notes how a session over a WebSocket ended. */
export type SocketSessionEnd = (reason: SessionEnd) => void;
