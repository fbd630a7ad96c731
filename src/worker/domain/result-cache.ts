import type { ToolResult } from './tool-result.ts';

/**
 * How somebody came by what was wanted: from what is kept (`hit`, or `stale` where it is made anew meanwhile), by work of one's own
 * that is kept (`miss`), by the work of another who wanted the same (`shared`), by work that is for oneself alone
 * (`bypass`), or by work because Redis is away (`error`).
 */
export type CacheOutcome = 'hit' | 'stale' | 'miss' | 'shared' | 'bypass' | 'error';

/** What work that others may wait for is told. */
export interface Making {
  /** Aborts when nobody waits for it any longer. */
  readonly signal: AbortSignal;
  /** What is kept gets old, and nobody waits for a new one. */
  readonly isRefresh: boolean;
  /** What it comes to is for nobody else, and is not kept. Others who wait for it are let go at once. */
  readonly keepToOneself: () => void;
}

/** What somebody wants, and how to make it. */
export interface Wanted<Value> {
  /** The same for all who may have the same, and for nobody else. */
  readonly key: string;
  /** How long it is fresh. */
  readonly ttlMs: number;
  /** How long after that it is still given, while it is made anew. */
  readonly staleMs: number;
  /** How long the work of another worker is waited for. */
  readonly waitMs: number;
  /** Of those who want it at once, in whichever worker, one does the work. What it throws is for that one alone. */
  readonly make: (making: Making) => Promise<Value>;
}

/** What was wanted, and how it was come by. */
export interface Given<Value> {
  readonly value: Value;
  readonly outcome: CacheOutcome;
}

/** Keeps what tools answered, for all workers. It never fails where the work would not. */
export interface ResultCache {
  /** Throws what the work throws, and a `Failure` (`cancelled`) once the signal aborts: the work goes on for those who still wait. */
  get(wanted: Wanted<ToolResult>, signal: AbortSignal): Promise<Given<ToolResult>>;
}
