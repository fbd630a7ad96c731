import type { SupervisorEvent } from '../events.ts';
import { type Json, jsonOf } from './json.ts';

/** An event as operators see it: redacted, numbered, and dated (RFC 3339, UTC). What is unknown is null. */
export interface LoggedEvent {
  /** 1 and up, without a gap, in one run of a supervisor. */
  readonly seq: number;
  readonly time: string;
  readonly type: SupervisorEvent['type'];
  readonly [field: string]: Json;
}

export interface EventLogOptions {
  readonly redact: (text: string) => string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** How many events are kept: some hours of a bad day. */
export const EVENTS_MAX = 500;
/** A cause may quote what somebody else wrote. */
const TEXT_LENGTH_MAX = 1_000;

/** The last events of a supervisor, for those who ask later, and those who listen. */
export class EventLog {
  readonly #options: EventLogOptions;
  readonly #events: LoggedEvent[] = [];
  readonly #listeners = new Set<() => void>();

  constructor(options: EventLogOptions) {
    this.#options = options;
  }

  /** The number of the newest event, 0 before there is one. */
  get lastSeq(): number {
    return this.#events.at(-1)?.seq ?? 0;
  }

  /** Keeps an event, unless it is of the kind that only counts, and tells the listeners that there is one more. */
  add(event: SupervisorEvent): void {
    if (event.type === 'dependency_probed') return;
    const shorten = (text: string): string => this.#options.redact(text).slice(0, TEXT_LENGTH_MAX);
    const fields = Object.entries(event).map(([name, value]) => [name, jsonOf(value, shorten)]);
    this.#events.push({
      seq: this.lastSeq + 1,
      time: new Date(this.#options.now()).toISOString(),
      type: event.type,
      ...Object.fromEntries(fields),
    });
    if (this.#events.length > EVENTS_MAX) this.#events.shift();
    for (const listener of this.#listeners) listener();
  }

  /**
   * Events after a number, the oldest of them first. A number that was not given out yet is of an
   * earlier run: whoever comes with one has seen none of ours.
   */
  since(seq: number, limit: number): readonly LoggedEvent[] {
    const first = this.#events[0]?.seq ?? 1;
    const start = seq > this.lastSeq ? 0 : Math.max(0, seq + 1 - first);
    return this.#events.slice(start, start + limit);
  }

  /** The newest events, the oldest of them first. */
  last(limit: number): readonly LoggedEvent[] {
    return this.#events.slice(-limit);
  }

  /** Calls the listener after each event, until what it returns is called. It must not throw. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }
}
