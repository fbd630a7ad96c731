import { Failure } from '../../shared/errors.ts';
import type { Tooling } from '../../shared/tooling.ts';
import { type CallContext, contextDuring } from '../domain/context.ts';
import { type Deadline, inTime } from '../domain/in-time.ts';
import type { Principal } from '../domain/principal.ts';
import { InputRequired } from '../domain/question.ts';
import type { ToolResult } from '../domain/tool-result.ts';
import type { Cached } from './cached.ts';
import { InlineWatch } from './inline-watch.ts';
import type { Place, PlacesObserver, PlacesOptions } from './lane.ts';
import { Places } from './places.ts';
import { COMMONEST, Prototypes } from './prototypes.ts';
import type { RegisteredTool } from './registry.ts';
import { failed, resultOf } from './result.ts';
import { describeTooLarge, isTextOver } from './result-size.ts';
import { retrying } from './retrying.ts';
import type { Tool, ToolOutput } from './tool.ts';

type Arguments = Readonly<Record<string, unknown>>;

/** Does the work of a call, and knows of it meanwhile; or rejects with a `Failure`, and the work is not begun. */
export type RunCall = <Result>(
  tool: string,
  given: unknown,
  work: () => Promise<Result>,
) => Promise<Result>;

/**
 * Runs a tool for a caller. A failure the model can mend comes back as a result
 * with `isError`; one it cannot is thrown, for the protocol to answer.
 */
export type CallTool = (
  registered: RegisteredTool,
  given: Arguments,
  context: CallContext,
  runCall: RunCall,
) => Promise<ToolResult>;

/** Runs tools in threads of their own. What it returns settles when the work is really over, and that is soon after the signal aborts. */
interface Threads {
  readonly run: (
    registered: RegisteredTool,
    given: Arguments,
    context: CallContext,
    signal: AbortSignal,
  ) => Promise<ToolOutput>;
}

/** Whoever counts what becomes of calls. It must not throw. */
export interface CallObserver extends Omit<PlacesObserver, 'refuse'> {
  refuse(limit: Parameters<PlacesObserver['refuse']>[0] | 'result_bytes'): void;
  /** A tool is tried again. */
  retry(tool: string): void;
  /** A tool kept the event loop for so long, and with it everybody else. */
  delay(tool: string, ms: number): void;
  /** A prototype that all share was changed: by that tool, if it is known by which. */
  litter(tool: string | undefined): void;
}

export interface CreateCallToolOptions extends PlacesOptions {
  readonly tooling: PlacesOptions['tooling'] & Pick<Tooling, 'resultBytesMax'>;
  readonly cached: Cached;
  readonly threads: Threads;
  readonly observer: CallObserver;
  /** Calls `heed` whenever modules are about to be loaded, and disposes of what that returns when they are. */
  readonly onLoading?: (heed: () => Disposable) => void;
}

/** Failures that a model can do something about. It reads of them in a result; of others it only learns a code. */
const MENDABLE: ReadonlySet<string> = new Set(['invalid', 'not-found', 'conflict']);

/** Makes the way of all calls in this worker. */
export function createCallTool(options: CreateCallToolOptions): CallTool {
  const way = new Way(options);
  return (registered, given, context, runCall) =>
    // A pattern in its schema may be what blocks us, so that the check belongs to the call.
    runCall(registered.tool.name, given, () => way.answer(registered, given, context));
}

/** A call, on its way. */
interface Call {
  readonly registered: RegisteredTool;
  readonly given: Arguments;
  readonly context: CallContext;
}

class Way {
  readonly #options: CreateCallToolOptions;
  readonly #places: Places;
  readonly #watch: InlineWatch;

  constructor(options: CreateCallToolOptions) {
    const { observer, log } = options;
    this.#options = options;
    this.#places = new Places(options);
    this.#watch = new InlineWatch({
      prototypes: new Prototypes(COMMONEST),
      hold: (tool, ms) => {
        this.#places.hold(tool, ms);
      },
      onLitter: (tool) => {
        observer.litter(tool);
      },
      onHeld: (tool, ms) => {
        observer.delay(tool, ms);
      },
      log,
    });
    options.onLoading?.(() => this.#watch.lookAway());
  }

  async answer(
    registered: RegisteredTool,
    given: Arguments,
    context: CallContext,
  ): Promise<ToolResult> {
    const fault = registered.checkArguments(given);
    if (fault !== undefined) return failed(fault);
    try {
      if (registered.caching === undefined) {
        return await this.#compute({ registered, given, context }, context.principal);
      }
      return await this.#options.cached(registered, given, context, async (shared) =>
        this.#compute({ registered, given, context: shared }, context.principal),
      );
    } catch (error) {
      if (error instanceof InputRequired) throw error;
      const failure = Failure.from(error);
      if (!MENDABLE.has(failure.code)) throw failure;
      const isOver = isTextOver(failure.message, this.#options.tooling.resultBytesMax);
      return isOver ? this.#tooLarge(registered.tool) : failed(failure.message);
    }
  }

  #compute(call: Call, principal: Principal): Promise<ToolResult> {
    const { cancellation } = call.context;
    const taken = this.#places.take(call.registered.tool, principal, cancellation);
    // A free place is taken without a turn of the loop.
    if (!(taken instanceof Promise)) return this.#inPlace(call, taken);
    return taken.then((place) => this.#inPlace(call, place));
  }

  /** In time, in a place that is held until the tool is really done, whether or not somebody waits for it. */
  #inPlace(call: Call, place: Place): Promise<ToolResult> {
    const { tool } = call.registered;
    const { cancellation } = call.context;
    if (cancellation.aborted) place.leave();
    return inTime(tool.name, tool.timeoutMs, cancellation, (deadline) => {
      deadline.onGivenUp(() => {
        place.giveUp();
      });
      return this.#work(call, deadline, place);
    });
  }

  async #work(call: Call, deadline: Deadline, place: Place): Promise<ToolResult> {
    const { tool } = call.registered;
    const run = tool.isolate === 'inline' ? this.#watch.begin(tool) : undefined;
    try {
      return this.#resultOf(await this.#run(call, deadline), call.registered);
    } finally {
      if (run !== undefined) this.#watch.end(run);
      place.leave();
    }
  }

  #run(call: Call, deadline: Deadline): Promise<ToolOutput> {
    const { tool } = call.registered;
    if (tool.retries === 0) return this.#runOnce(call, deadline);
    return retrying(() => this.#runOnce(call, deadline), {
      retries: tool.retries,
      signal: deadline.signal,
      leftMs: () => deadline.leftMs,
      chance: Math.random,
      onRetry: () => {
        this.#options.observer.retry(tool.name);
      },
    });
  }

  #runOnce({ registered, given, context }: Call, deadline: Deadline): Promise<ToolOutput> {
    const { tool, facilities } = registered;
    return tool.isolate === 'inline'
      ? tool.run(given, contextDuring(context, deadline, facilities))
      : this.#options.threads.run(registered, given, context, deadline.signal);
  }

  #resultOf(output: ToolOutput, registered: RegisteredTool): ToolResult {
    const result = resultOf(output, registered, this.#options.tooling.resultBytesMax);
    return result ?? this.#tooLarge(registered.tool);
  }

  /** Half of it would be taken for the whole: it is told of instead. */
  #tooLarge({ name }: Tool): ToolResult {
    const { tooling, observer, log } = this.#options;
    const { resultBytesMax: bytesMax } = tooling;
    observer.refuse('result_bytes');
    log.warn('result is too large', { tool: name, bytesMax });
    return failed(describeTooLarge(name, bytesMax));
  }
}
