/** How agents are let go when we end. */
export interface Farewell {
  /** Whether a server will be there again at once. */
  readonly restarts: boolean;
  /** What runs then is aborted, and its connection closed. */
  readonly deadline: AbortSignal;
}
