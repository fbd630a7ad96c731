import type { Abortable } from '../domain/cancellation.ts';
import type { Principal } from '../domain/principal.ts';
import { Lane, type Place, type PlacesOptions } from './lane.ts';
import type { Tool } from './tool.ts';

/**
 * The places that calls run in: so many for a tool, and so many of them for one principal. Who comes later waits, as long as
 * a call of the tool may take, and principals are served in turn. A place is held until the work in it is really over. When
 * all are held by calls that were given up on, the tool is stuck, and refuses at once until one of them ends.
 */
export class Places {
  readonly #options: PlacesOptions;
  /** A tool that was loaded anew is another, and starts afresh. */
  readonly #lanes = new WeakMap<Tool, Lane>();

  constructor(options: PlacesOptions) {
    this.#options = options;
  }

  /**
   * A place, at once if one is free. Throws, or rejects with, a `Failure`: `limited` where too many wait or the wait is too
   * long, `quarantined` where the tool is stuck, `cancelled` when the caller cancels meanwhile.
   */
  take(tool: Tool, principal: Principal, cancellation: Abortable): Place | Promise<Place> {
    return this.#laneOf(tool).take(principal.id, cancellation);
  }

  /** Lets no call of a tool begin for so long. */
  hold(tool: Tool, ms: number): void {
    this.#laneOf(tool).hold(ms);
  }

  #laneOf(tool: Tool): Lane {
    const known = this.#lanes.get(tool);
    if (known !== undefined) return known;
    const lane = new Lane(tool, this.#options);
    this.#lanes.set(tool, lane);
    return lane;
  }
}
