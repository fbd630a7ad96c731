import type { CallInFlight, FromWorker, Quarantined } from '../../shared/ipc.ts';
import type { SupervisorEvent } from '../events.ts';
import type { QuarantineSnapshot } from '../snapshot.ts';
import { CrashesRemembered } from './crashes-remembered.ts';

/** How many calls are refused at once. Their list still is one message; with more, calls are not what is wrong. */
export const QUARANTINED_MAX = 100;

const QUARANTINE_MS_MAX = 24 * 60 * 60 * 1_000;

type QuarantineEvent = Extract<
  SupervisorEvent,
  { type: 'call_quarantined' | 'call_on_trial' | 'call_released' }
>;

type Trial = Extract<FromWorker, { type: 'trial' }>;

export interface QuarantineOptions {
  /** How long a call is refused at first, and how long it is then on trial. */
  readonly quarantineMs: number;
  /** Whenever one of these comes, `forWorkers` has changed. */
  readonly onEvent: (event: QuarantineEvent) => void;
}

interface Entry {
  readonly tool: string;
  state: 'refused' | 'on-trial';
  since: number;
  until: number;
  /** Doubles whenever a trial ends in a crash. */
  forMs: number;
  crashes: number;
}

/**
 * The calls that end workers. One that was in flight in two crashes within ten minutes is refused
 * everywhere for a while. Then it is on trial for as long again, like a breaker half open: workers let
 * one through. If it is survived, or nobody tries it, it is free; if it ends a worker, it is refused
 * for twice the time.
 *
 * Has no clock: `now` is in milliseconds since 1970, and must not jump
 * (`performance.timeOrigin + performance.now()`).
 */
export class Quarantine {
  readonly #options: QuarantineOptions;
  readonly #crashes = new CrashesRemembered();
  readonly #entries = new Map<string, Entry>();

  constructor(options: QuarantineOptions) {
    this.#options = options;
  }

  /** Remembers the calls that ran in a crash, and returns those that are refused because of it. */
  record(calls: readonly CallInFlight[], now: number): readonly CallInFlight[] {
    const known = calls.filter(({ fingerprint }) => this.#entries.has(fingerprint));
    // A crash that is explained says nothing about the calls that ran beside.
    if (known.length > 0) {
      for (const { fingerprint } of known) this.#blameAgain(fingerprint, now);
      return known;
    }
    this.#crashes.add(calls, now);
    const blamed = this.#crashes.blame(now).slice(0, QUARANTINED_MAX - this.#entries.size);
    for (const { call, crashes } of blamed) {
      const { quarantineMs } = this.#options;
      this.#refuse(call.fingerprint, { tool: call.tool, forMs: quarantineMs, crashes }, now);
    }
    return blamed.map(({ call }) => call);
  }

  /** Whether one of these calls is under quarantine: then the crash they ran in is explained. Ask after `record`. */
  isPoison(calls: readonly CallInFlight[]): boolean {
    return calls.some(({ fingerprint }) => this.#entries.has(fingerprint));
  }

  /** Takes notice of a trial that a worker told of. */
  judgeTrial({ fingerprint, outcome }: Trial, now: number): void {
    const entry = this.#entries.get(fingerprint);
    if (entry?.state !== 'on-trial') return;
    // Should its worker be stopped before it can tell, the trial ends by time.
    if (outcome === 'begun') entry.until = now + entry.forMs;
    if (outcome === 'survived') this.#release(fingerprint, 'a worker survived it');
  }

  /** Frees a call, because somebody says so. Returns whether it was under quarantine. */
  release(fingerprint: string): boolean {
    return this.#release(fingerprint, 'released by an operator');
  }

  /** Does what is due by time. */
  advance(now: number): void {
    for (const [fingerprint, entry] of this.#entries) {
      if (entry.until > now) continue;
      if (entry.state === 'on-trial') {
        this.#release(fingerprint, 'no worker died of it while it was on trial');
        continue;
      }
      entry.state = 'on-trial';
      entry.since = now;
      entry.until = now + entry.forMs;
      this.#options.onEvent({ type: 'call_on_trial', fingerprint, tool: entry.tool });
    }
  }

  /** When `advance` is next to be called. Never, while nothing is under quarantine. */
  get nextDeadline(): number | undefined {
    const deadlines = [...this.#entries.values()].map(({ until }) => until);
    return deadlines.length === 0 ? undefined : Math.min(...deadlines);
  }

  snapshot(): QuarantineSnapshot[] {
    return [...this.#entries].map(([fingerprint, { tool, state, since, until, crashes }]) => ({
      fingerprint,
      tool,
      state,
      since: Math.round(since),
      until: Math.round(until),
      crashes,
    }));
  }

  /** What every worker is to be told, now and when it is new. */
  forWorkers(now: number): Quarantined[] {
    return [...this.#entries].map(([fingerprint, { tool, state, until }]) => ({
      fingerprint,
      tool,
      state,
      forMs: Math.max(0, Math.round(until - now)),
    }));
  }

  /** A call on trial failed it. One that is refused had begun before its worker knew. */
  #blameAgain(fingerprint: string, now: number): void {
    const entry = this.#entries.get(fingerprint);
    if (entry === undefined) return;
    const doubled = Math.min(entry.forMs * 2, QUARANTINE_MS_MAX);
    const forMs = entry.state === 'on-trial' ? doubled : entry.forMs;
    this.#refuse(fingerprint, { tool: entry.tool, forMs, crashes: entry.crashes + 1 }, now);
  }

  #refuse(
    fingerprint: string,
    blamed: Pick<Entry, 'tool' | 'forMs' | 'crashes'>,
    now: number,
  ): void {
    const { tool, forMs } = blamed;
    this.#entries.set(fingerprint, {
      ...blamed,
      state: 'refused',
      since: now,
      until: now + forMs,
    });
    this.#options.onEvent({ type: 'call_quarantined', fingerprint, tool, forMs });
  }

  #release(fingerprint: string, reason: string): boolean {
    const entry = this.#entries.get(fingerprint);
    if (entry === undefined) return false;
    this.#entries.delete(fingerprint);
    this.#options.onEvent({ type: 'call_released', fingerprint, tool: entry.tool, reason });
    return true;
  }
}
