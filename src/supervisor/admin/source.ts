import type { SupervisorSnapshot, ToolsDetails } from '../snapshot.ts';

/** What became of an order. Only `accepted` changes anything; what then happens is told as events. */
export type Outcome =
  | 'accepted'
  /** Another order of its kind is being carried out, or we stop. */
  | 'busy'
  /** There is no such slot, or no such call under quarantine. */
  | 'unknown'
  /** The configuration is wrong by now: nothing is replaced for its sake. */
  | 'unfit'
  /** Nothing was served before. */
  | 'no-previous';

/** What the operators' endpoint needs of a supervisor. Every member answers at once, from memory. */
export interface AdminSource {
  snapshot(): SupervisorSnapshot;
  /** Replaces every worker, one after the other. */
  reload(): Outcome;
  /** Replaces the worker of one slot. */
  recycle(slot: number): Outcome;
  /** Changes how many workers there are to be. */
  scale(workers: number): Outcome;
  /** Stops as SIGTERM does. */
  drain(): Outcome;
  /** Lets a call out of quarantine. */
  release(fingerprint: string): Outcome;
  /** What agents are offered. */
  tools(): ToolsDetails;
  /** Serves the tools that are on disk by now. */
  reloadTools(): Outcome;
  /** Serves the tools that were served before. */
  rollBackTools(): Outcome;
}
