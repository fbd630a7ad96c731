import { Failure } from '../../../shared/errors.ts';
import type { Logger } from '../../../shared/logger.ts';
import type { CallContext } from '../../domain/context.ts';
import type { RegisteredTool } from '../registry.ts';
import { describeTooLarge } from '../result-size.ts';
import type { ToolOutput } from '../tool.ts';
import { ToolError } from '../tool-error.ts';
import { CallLine } from './call-line.ts';
import { decodeOutput } from './output.ts';
import { RefusedTools } from './refused-tools.ts';
import { decodeError } from './sent-error.ts';
import type { Late, Outcome, Spoilt } from './task.ts';
import { ThreadPool } from './thread-pool.ts';
import type { Died, ToolThread } from './tool-thread.ts';

/** Why a thread was ended. */
type ThreadEnd = 'given_up' | Spoilt['why'] | Died['of'];

/** Whoever counts what becomes of threads. It must not throw. */
export interface ThreadsObserver {
  endThread(tool: string, why: ThreadEnd): void;
  refuse(limit: 'thread_queue' | 'thread_deaths' | 'result_bytes'): void;
}

export interface ThreadsOptions {
  /** How many there may be at once. */
  readonly threads: number;
  /** What each may hold. */
  readonly memoryBytesMax: number;
  readonly resultBytesMax: number;
  /** Calls that wait, of all tools together. */
  readonly queueMax: number;
  readonly observer: ThreadsObserver;
  readonly log: Logger;
  /** In milliseconds, from whenever. */
  readonly now: () => number;
}

/** What is the tool's own doing, and not its caller's. */
const DEADLY: ReadonlySet<ThreadEnd> = new Set(['memory', 'exit', 'threw', 'polluted']);

/**
 * Threads for tools that run isolated. One runs a call at a time, of tools of one version, and is ended, whatever it
 * does, when its call is given up, takes too much memory, or leaves it other than it was. The next call gets another.
 */
export class Threads implements AsyncDisposable {
  readonly #options: ThreadsOptions;
  readonly #pool: ThreadPool;
  readonly #refused: RefusedTools;

  constructor(options: ThreadsOptions) {
    const { log, resultBytesMax } = options;
    this.#options = options;
    this.#refused = new RefusedTools(options.now);
    this.#pool = new ThreadPool({
      ...options,
      settings: { resultBytesMax },
      onPrinted: (stream, text) => {
        log.info('a tool printed', { stream, text });
      },
      onLate: (late, version) => {
        this.#heedLate(late, version);
      },
    });
  }

  /**
   * Runs a call of a tool in a thread. When the signal aborts, that thread ends at once, and the call rejects with the
   * signal's reason. Rejects with a `Failure` for all else: the tool's own, `invalid` for too large a result or too much memory,
   * `quarantined` for a tool that ended too many threads, `limited` where too many wait, `internal` for a bug.
   */
  async run(
    registered: RegisteredTool,
    given: Readonly<Record<string, unknown>>,
    context: CallContext,
    signal: AbortSignal,
  ): Promise<ToolOutput> {
    const { tool, origin } = registered;
    const { source: path, keptAt = path, version, exportName } = origin;
    if (exportName === undefined) throw new Error(`${path} exports no ${tool.name} to a thread`);
    this.#turnAway(keyOf(tool.name, version));
    const thread = await this.#take(version, tool.name, signal);
    using line = new CallLine(context);
    try {
      const file = { path, keptAt, version };
      const { principal, trace } = context;
      const task = { tool: tool.name, file, exportName, given, principal, trace, port: line.far };
      return this.#read(await thread.run(task, signal), tool.name, thread);
    } catch (error) {
      if (signal.aborted && thread.isEnding) this.#note(tool.name, version, 'given_up');
      throw error;
    } finally {
      this.#pool.giveBack(thread);
    }
  }

  /** Says which versions are served from now on. Threads of others end as soon as their calls have. */
  serve(versions: readonly string[]): void {
    this.#pool.serve(versions);
  }

  /** Whoever disposes of it has let its calls end. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool[Symbol.asyncDispose]();
  }

  #turnAway(key: string): void {
    const retryAfterMs = this.#refused.refusedForMs(key);
    if (retryAfterMs === 0) return;
    this.#options.observer.refuse('thread_deaths');
    throw new Failure('quarantined', 'This tool is refused for a while: it broke down too often', {
      retryAfterMs,
    });
  }

  async #take(version: string, tool: string, signal: AbortSignal): Promise<ToolThread> {
    try {
      return await this.#pool.take(version, tool, signal);
    } catch (error) {
      const isLimited = error instanceof Failure && error.code === 'limited';
      if (isLimited) this.#options.observer.refuse('thread_queue');
      throw error;
    }
  }

  #read(outcome: Outcome | Died, tool: string, thread: ToolThread): ToolOutput {
    if (outcome.kind !== 'died' && outcome.spoilt !== undefined) {
      thread.end();
      const { why, ...more } = outcome.spoilt;
      this.#note(tool, thread.version, why, more);
    }
    switch (outcome.kind) {
      case 'output':
        return decodeOutput(outcome.output);
      case 'failure': {
        const { code, message, retryAfterMs } = outcome;
        throw new Failure(code, message, retryAfterMs === undefined ? {} : { retryAfterMs });
      }
      case 'too-large':
        throw this.#tooLarge(tool);
      case 'bug':
        throw internal(decodeError(outcome.error));
      case 'died':
        this.#note(tool, thread.version, outcome.of);
        throw this.#explain(outcome, tool);
    }
  }

  #tooLarge(tool: string): ToolError {
    const { observer, log, resultBytesMax: bytesMax } = this.#options;
    observer.refuse('result_bytes');
    log.warn('result is too large', { tool, bytesMax });
    return new ToolError(describeTooLarge(tool, bytesMax));
  }

  #explain(died: Died, tool: string): Failure {
    const { memoryBytesMax } = this.#options;
    switch (died.of) {
      case 'memory':
        return new ToolError(`${tool} took more memory than the ${memoryBytesMax} bytes it may`);
      case 'stopped':
        return new Failure('unavailable', 'This worker stops');
      case 'exit':
        return internal(new Error(`${tool} ended its thread with exit code ${died.exitCode}`));
      case 'start':
        return internal(died.error);
    }
  }

  #heedLate({ tool, error }: Late, version: string): void {
    const { log } = this.#options;
    log.warn('a tool threw after its answer', { tool, error: decodeError(error) });
    if (tool !== undefined) this.#note(tool, version, 'threw');
  }

  /** A thread ends because of a tool. Of its own doing it may end so many. */
  #note(tool: string, version: string, why: ThreadEnd, more: object = {}): void {
    const { log, observer } = this.#options;
    observer.endThread(tool, why);
    log.warn('a thread was ended', { tool, why, ...more });
    if (DEADLY.has(why) && this.#refused.note(keyOf(tool, version))) {
      log.error('a tool is refused for a while: it ended too many threads', { tool });
    }
  }
}

/** Another version of a tool may be mended. */
function keyOf(tool: string, version: string): string {
  return `${version} ${tool}`;
}

function internal(cause: unknown): Failure {
  return new Failure('internal', 'Internal error', { cause });
}
