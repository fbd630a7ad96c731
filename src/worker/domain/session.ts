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

/** Sessions, as every worker of every machine knows them. Each method throws a `Failure` (`unavailable`) while Postgres is away and is needed. */
export interface Sessions {
  create(session: Session): Promise<void>;
  /** A session that is open, or whether it was: who asks in one that was ended begins another. */
  find(id: string): Promise<Session | 'ended' | undefined>;
  /** Changes what was agreed on. Resolves when every worker finds it changed, with whether there is such a session. */
  setLogLevel(id: string, level: LogLevel): Promise<boolean>;
  /** Throws a `Failure` (`limited`) if it has subscribed to as much as it may. */
  subscribe(id: string, uri: string): Promise<boolean>;
  unsubscribe(id: string, uri: string): Promise<boolean>;
  /** Resolves when every worker finds it ended, with whether it was open. */
  end(id: string): Promise<boolean>;
}
