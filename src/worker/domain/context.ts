import type { Deadline } from '../../shared/in-time.ts';
import type { Logger } from '../../shared/logger.ts';
import type { ToolCache } from './cache.ts';
import type { Change } from './change.ts';
import type { CallDatabase } from './database.ts';
import type { Facilities } from './facilities.ts';
import type { Fetch } from './fetch.ts';
import type { LogLevel } from './log-level.ts';
import type { Principal } from './principal.ts';
import type { Ask } from './question.ts';
import type { TraceContext } from './trace.ts';

/** Says how far a call is: `progress` grows, in whatever unit, towards `total` if that is known. */
export type ReportProgress = (progress: number, total?: number, message?: string) => Promise<void>;

/** What a tool, a resource or a prompt is given besides what it was asked for. */
export interface Context {
  /** Who calls. */
  readonly principal: Principal;
  /** Aborted when the caller cancels or goes away, and when the time is up. */
  readonly signal: AbortSignal;
  /** The trace that the call is part of, if its caller said so. */
  readonly trace: TraceContext | undefined;
  /** The server's own log, which operators read. Nothing of it reaches the caller. */
  readonly log: Logger;
  /** Sent to a caller who asked for it; else it costs nothing. */
  readonly progress: ReportProgress;
  /** Says something to the agent (`notifications/message`), if it asked for what is of this level. `data` is any JSON. */
  readonly message: (level: LogLevel, data: unknown, logger?: string) => Promise<void>;
  readonly ask: Ask;
  /** Tells every agent that something changed, whichever worker it is connected to. */
  readonly announce: (change: Change) => Promise<void>;
  /**
   * Lets go of the caller's connection where it can be taken up again (Streamable HTTP before
   * 2026-07-28): the answer is kept until it is fetched. Nothing happens elsewhere.
   */
  readonly release: () => Promise<void>;
  /** Postgres, in the schema of the folder that this came from. */
  readonly db: CallDatabase;
  /** Redis, for what may be lost. */
  readonly cache: ToolCache;
  /** Asks other servers, within bounds. */
  readonly fetch: Fetch;
}

/** A context before it is known who works with it. */
export type CallContext = Omit<Context, keyof Facilities>;

/** Offers values for a variable or an argument, given what was typed so far. The first hundred are sent. */
export type Complete = (
  typed: string,
  /** What the others are by now. */
  others: Readonly<Record<string, string>>,
  context: Context,
) => Promise<readonly string[]>;

/** A context for work that has to be in time. How long the other end takes to answer is not counted. */
export function contextDuring(
  context: CallContext,
  { signal, waitFor }: Pick<Deadline, 'signal' | 'waitFor'>,
  { db, cache, fetch }: Facilities,
): Context {
  return {
    ...context,
    signal,
    ask: (questions) => waitFor(context.ask(questions)),
    db: db.during(signal),
    cache: cache.during(context.principal, signal),
    fetch: fetch.during(signal),
  };
}
