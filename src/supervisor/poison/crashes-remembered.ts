import type { CallInFlight } from '../../shared/ipc.ts';

/** How long a crash is held against the calls that ran in it. */
const WINDOW_MS = 10 * 60 * 1_000;
const CRASHES_TO_BLAME = 2;

/** How many calls are remembered, over all crashes. The oldest crash is forgotten first. */
export const CALLS_REMEMBERED_MAX = 1_000;

/** More calls than these in common say that a worker was busy, not which call ended it. The next crash tells more. */
export const SUSPECTS_MAX = 8;

interface RememberedCrash {
  readonly at: number;
  /** By fingerprint: a call that ran twice is one suspect. */
  readonly calls: ReadonlyMap<string, CallInFlight>;
}

/** A call that is blamed, and for how many crashes. */
export interface BlamedCall {
  readonly call: CallInFlight;
  readonly crashes: number;
}

/**
 * The crashes of the last ten minutes that nothing explains yet, and the calls that ran in them.
 *
 * Several calls may have run in the same two crashes, and nothing tells them apart: then all of them
 * are blamed, for one that is free to end a third worker costs more than one refused for a while.
 * But a call that many agents make runs beside whatever kills. So only those are blamed that ran in
 * the most crashes: where one ran in all of them, and others in some, it is the one. And once a call
 * is blamed its crashes are explained, and no longer held against the calls that ran beside it.
 */
export class CrashesRemembered {
  #crashes: RememberedCrash[] = [];

  add(calls: readonly CallInFlight[], now: number): void {
    const counted = calls.slice(0, CALLS_REMEMBERED_MAX);
    this.#crashes.push({
      at: now,
      calls: new Map(counted.map((call) => [call.fingerprint, call])),
    });
    while (this.#size() > CALLS_REMEMBERED_MAX) this.#crashes.shift();
  }

  /** Blames the calls that explain most, and forgets the crashes that they explain. */
  blame(now: number): BlamedCall[] {
    this.#crashes = this.#crashes.filter(
      ({ at, calls }) => now - at <= WINDOW_MS && calls.size > 0,
    );
    const tally = this.#count();
    const most = Math.max(0, ...tally.map(({ crashes }) => crashes));
    const blamed = tally.filter(({ crashes }) => crashes === most);
    if (most < CRASHES_TO_BLAME || blamed.length > SUSPECTS_MAX) return [];
    this.#crashes = this.#crashes.filter(({ calls }) =>
      blamed.every(({ call }) => !calls.has(call.fingerprint)),
    );
    return blamed;
  }

  /** In how many crashes each call ran. */
  #count(): BlamedCall[] {
    const tally = new Map<string, BlamedCall>();
    for (const call of this.#crashes.flatMap(({ calls }) => [...calls.values()])) {
      const crashes = (tally.get(call.fingerprint)?.crashes ?? 0) + 1;
      tally.set(call.fingerprint, { call, crashes });
    }
    return [...tally.values()];
  }

  #size(): number {
    return this.#crashes.reduce((size, { calls }) => size + calls.size, 0);
  }
}
