import type { Logger } from '../../shared/logger.ts';
import type { ToolCache } from './cache.ts';
import type { Abortable } from './cancellation.ts';
import type { Change } from './change.ts';
import type { CallDatabase } from './database.ts';
import type { Facilities } from './facilities.ts';
import type { Fetch } from './fetch.ts';
import type { Deadline } from './in-time.ts';
import type { LogLevel } from './log-level.ts';
import { copyOf, type Principal } from './principal.ts';
import type { Ask } from './question.ts';
import type { TraceContext } from './trace.ts';

/** Says how far a call is: `progress` grows, in whatever unit, towards `total` if that is known. */
export type ReportProgress = (progress: number, total?: number, message?: string) => Promise<void>;

/**
 * What a tool, a resource or a prompt is given besides what it was asked for. Each member is made when it is first asked for: take it
 * from here, or hand the context on as it is. A copy made with `...` has none of them.
 */
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

/** A context before it is known who works with it, and for how long. */
export interface CallContext extends Omit<Context, keyof Facilities | 'signal'> {
  /** Aborted when the caller cancels or goes away. */
  readonly cancellation: Abortable;
}

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
  deadline: Pick<Deadline, 'cancellation' | 'signal' | 'waitFor'>,
  facilities: Facilities,
): Context {
  return new ContextDuring(context, deadline, facilities);
}

/** Makes what is in it when it is asked for: most calls need little of it. */
class ContextDuring implements Context {
  readonly #call: CallContext;
  readonly #deadline: Pick<Deadline, 'cancellation' | 'signal' | 'waitFor'>;
  readonly #facilities: Facilities;
  #principal: Principal | undefined;
  #db: CallDatabase | undefined;
  #cache: ToolCache | undefined;
  #fetch: Fetch | undefined;

  constructor(
    call: CallContext,
    deadline: Pick<Deadline, 'cancellation' | 'signal' | 'waitFor'>,
    facilities: Facilities,
  ) {
    this.#call = call;
    this.#deadline = deadline;
    this.#facilities = facilities;
  }

  /** A copy: what a tool does to it is no other call's affair. */
  get principal(): Principal {
    this.#principal ??= copyOf(this.#call.principal);
    return this.#principal;
  }

  get signal(): AbortSignal {
    return this.#deadline.signal;
  }

  get trace(): TraceContext | undefined {
    return this.#call.trace;
  }

  get log(): Logger {
    return this.#call.log;
  }

  get progress(): ReportProgress {
    return this.#call.progress;
  }

  get message(): Context['message'] {
    return this.#call.message;
  }

  get ask(): Ask {
    return (questions) => this.#deadline.waitFor(this.#call.ask(questions));
  }

  get announce(): Context['announce'] {
    return this.#call.announce;
  }

  get release(): Context['release'] {
    return this.#call.release;
  }

  get db(): CallDatabase {
    this.#db ??= this.#facilities.db.during(this.#deadline.cancellation);
    return this.#db;
  }

  get cache(): ToolCache {
    this.#cache ??= this.#facilities.cache.during(this.#call.principal, this.signal);
    return this.#cache;
  }

  get fetch(): Fetch {
    this.#fetch ??= this.#facilities.fetch.during(this.signal);
    return this.#fetch;
  }
}
