/** How many calls there may be in a second, at all workers together. */
export interface CallRates {
  /**
   * Takes one call of a tool for a principal. Returns 0, or how long to wait before it is worth while to ask again, and
   * then nothing was taken. Never waits for anything itself.
   */
  take(principal: string, tool: string): number;
}

/** How often something may be tried, at all workers together. */
export interface Attempts {
  /** Counts one. Resolves with 0, or with how long to wait before it is worth while to try again. Never rejects. */
  take(who: string): Promise<number>;
}
