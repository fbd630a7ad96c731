import { hash } from 'node:crypto';
import { Failure } from '../../shared/errors.ts';
import { findHashOfArguments } from '../../shared/fingerprint.ts';
import { signalOf } from '../domain/cancellation.ts';
import type { CallContext } from '../domain/context.ts';
import { identityOf, type Principal } from '../domain/principal.ts';
import type { CacheOutcome, Making, ResultCache } from '../domain/result-cache.ts';
import type { ToolResult } from '../domain/tool-result.ts';
import type { Caching } from './caching.ts';
import type { RegisteredTool } from './registry.ts';

/**
 * Answers a call from what is kept, or else with what `compute` comes to. That is run for all who want the same at once, so the
 * context that it is given is not the call's own: it goes on when its caller cancels and others wait, and also
 * behind everybody's back, to replace what gets old.
 */
export type Cached = (
  registered: RegisteredTool,
  given: Readonly<Record<string, unknown>>,
  context: CallContext,
  compute: (context: CallContext) => Promise<ToolResult>,
) => Promise<ToolResult>;

export interface CachedOptions {
  readonly results: ResultCache;
  /** Counts how a call of a tool with a cache was answered. It must not throw. */
  readonly count: (tool: string, outcome: CacheOutcome) => void;
}

/** What is the same for all is made for nobody: what is made for somebody may tell of that one. */
const ANYBODY: Principal = { id: 'anybody', scopes: new Set() };

/** Makes the way of calls to what tools answered before. Tools without a cache pay nothing for it. */
export function createCached({ results, count }: CachedOptions): Cached {
  return (registered, given, context, compute) => {
    const { caching } = registered;
    if (caching === undefined) return compute(context);
    return answer({ registered, caching, given, context, compute }, results, count);
  };
}

interface CachedCall {
  readonly registered: RegisteredTool;
  readonly caching: Caching;
  readonly given: Readonly<Record<string, unknown>>;
  readonly context: CallContext;
  readonly compute: (context: CallContext) => Promise<ToolResult>;
}

async function answer(
  { registered, caching, given, context, compute }: CachedCall,
  results: ResultCache,
  count: CachedOptions['count'],
): Promise<ToolResult> {
  const { name, timeoutMs } = registered.tool;
  const { ttlMs, staleMs } = caching;
  const principal = principalFor(caching, context);
  const argumentsHash = findHashOfArguments(given);
  if (argumentsHash === undefined) {
    count(name, 'bypass');
    return compute({ ...context, principal });
  }
  const known = [caching.generation, argumentsHash, caching.isPublic ? '' : identityOf(principal)];
  const key = `${name}:${hash('sha256', JSON.stringify(known), 'base64url')}`;
  const call = { isOver: false };
  const make = async (making: Making): Promise<ToolResult> => {
    const result = await compute(sharedContext({ ...context, principal }, making, call));
    if (!isForOthers(result)) making.keepToOneself();
    return result;
  };
  const wanted = { key, ttlMs, staleMs, waitMs: timeoutMs, make };
  try {
    const { value, outcome } = await results.get(wanted, signalOf(context.cancellation));
    count(name, outcome);
    return value;
  } finally {
    call.isOver = true;
  }
}

/** A failure may be over the next time, and what stands in `_meta` is about one call. */
function isForOthers({ isError, _meta: meta }: ToolResult): boolean {
  return isError !== true && meta === undefined;
}

/** What is not in the key must not be in the answer: not even an address, by which those who share a name differ. */
function principalFor({ isPublic }: Caching, { principal }: CallContext): Principal {
  const { id, scopes } = principal;
  return isPublic ? ANYBODY : { id, scopes };
}

/** The context of work that is for others too. */
function sharedContext(
  context: CallContext,
  { signal, isRefresh, keepToOneself }: Making,
  call: { readonly isOver: boolean },
): CallContext {
  const isHeard = (): boolean => !isRefresh && !call.isOver;
  const { trace } = context;
  return {
    ...context,
    cancellation: signal,
    // Where others are asked with it, what callers put into the rest might change what these answer.
    trace: trace && { traceparent: trace.traceparent, tracestate: undefined, baggage: undefined },
    progress: async (...said) => {
      if (isHeard()) await context.progress(...said);
    },
    message: async (...said) => {
      if (isHeard()) await context.message(...said);
    },
    ask: async (questions) => {
      // What one's own user or model says is nobody else's.
      keepToOneself();
      if (!isHeard()) throw new Failure('conflict', 'Nobody is there to be asked');
      return context.ask(questions);
    },
    announce: async (change) => {
      // It was no mere reading, and the next call has to do it again.
      keepToOneself();
      await context.announce(change);
    },
    release: async () => {
      if (isHeard()) await context.release();
    },
  };
}
