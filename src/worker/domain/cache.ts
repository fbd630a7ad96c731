import type { Principal } from './principal.ts';

/**
 * Keeps JSON for a while, for all workers. Losing what it holds is slower service and nothing worse: while Redis is away, or takes
 * longer than 0.3 s, nothing is found and nothing kept.
 *
 * A key has 1 to 512 characters, a value 1 MiB of JSON at most, and is kept for 1 ms to 30 days. Throws a `Failure`
 * (`invalid`) for what is not so.
 */
export interface Cache {
  /** What is kept under that key, or nothing. */
  get(key: string): Promise<unknown>;
  /** Keeps a value, in the place of what was kept or is being made under that key. */
  set(key: string, value: unknown, ttlMs: number): Promise<void>;
  delete(key: string): Promise<void>;
  /**
   * What is kept under that key, else what `make` resolves with, as JSON has it, which is then kept. Of those who ask at
   * once, in whichever worker, one makes it; what that throws is for it alone, and the others make it themselves.
   * `undefined`, and what is too large, is not kept, and is for who made it.
   */
  remember<Value>(key: string, ttlMs: number, make: () => Promise<Value>): Promise<Value>;
}

/** The cache of one tool as a call sees it: what is kept is the caller's own, as long as its scopes are the same. */
export interface ToolCache extends Cache {
  /** The same for all callers: for what is nobody's own. */
  readonly shared: Cache;
}

/** Where calls get their cache from. */
export interface CacheSource {
  during(principal: Principal, signal: AbortSignal): ToolCache;
}
