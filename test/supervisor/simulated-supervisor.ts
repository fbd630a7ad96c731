import type { CrashClass } from '../../src/shared/crash-class.ts';
import type { ExitCode } from '../../src/shared/exit-codes.ts';
import {
  forgiveBootFailures,
  judge,
  NO_CRASHES,
  type RestartBudget,
} from '../../src/supervisor/restart-policy.ts';

/** What becomes of one process. Times count from its fork. */
export interface Life {
  /** Absent if it never becomes ready. */
  readonly readyMs: number | undefined;
  /** Absent if it lives for ever. */
  readonly endsMs: number | undefined;
  readonly class: CrashClass;
}

/** What a supervisor meets. */
export interface World {
  readonly workers: number;
  readonly lifeOf: (slot: number, random: () => number) => Life;
  /** When processes that serve are killed from outside, and how many. */
  readonly kills?: readonly { readonly atMs: number; readonly victims: number }[];
  readonly untilMs: number;
}

/** What came of it. */
export interface Outcome {
  readonly verdict: 'serves' | 'degraded' | 'fatal';
  /** When it gave up, if it did. */
  readonly seconds: number;
  readonly exitCode: ExitCode | undefined;
  readonly forks: number;
  readonly restarts: number;
  readonly parked: number;
}

/** Chance that is the same for the same seed (mulberry32). */
function chanceOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface SimulatedSlot {
  failures: number;
  incarnation: number;
  readyAt: number | undefined;
  /** Whether it waits for its turn to fork. */
  waits: boolean;
}

/** Real verdicts on workers that are only numbers, under a clock that jumps from event to event. */
export class SimulatedSupervisor {
  readonly #world: World;
  readonly #budget: RestartBudget;
  readonly #zeroCapacityMs: number;
  readonly #random: () => number;
  readonly #slots: readonly SimulatedSlot[];
  readonly #events: { readonly at: number; readonly run: () => void }[] = [];
  #now = 0;
  #record = NO_CRASHES;
  #canary: number | undefined;
  /** Rises each time that the last one that served is gone. */
  #outages = 0;
  #forks = 0;
  #restarts = 0;
  #parked = 0;
  #fatal: { readonly at: number; readonly exitCode: ExitCode | undefined } | undefined;

  constructor(world: World, budget: RestartBudget, zeroCapacityMs: number, seed: number) {
    this.#world = world;
    this.#budget = budget;
    this.#zeroCapacityMs = zeroCapacityMs;
    this.#random = chanceOf(seed);
    this.#slots = Array.from({ length: world.workers }, () => {
      return { failures: 0, incarnation: 0, readyAt: undefined, waits: true };
    });
  }

  run(): Outcome {
    for (const { atMs, victims } of this.#world.kills ?? []) {
      this.#at(atMs, () => {
        this.#killSome(victims);
      });
    }
    this.#forkWaiting();
    while (this.#fatal === undefined) {
      const next = this.#takeNext();
      if (next === undefined || next.at > this.#world.untilMs) break;
      this.#now = next.at;
      next.run();
    }
    const all = this.#readyCount === this.#world.workers;
    return {
      verdict: this.#fatal !== undefined ? 'fatal' : all ? 'serves' : 'degraded',
      seconds: (this.#fatal?.at ?? this.#world.untilMs) / 1_000,
      exitCode: this.#fatal?.exitCode,
      forks: this.#forks,
      restarts: this.#restarts,
      parked: this.#parked,
    };
  }

  get #readyCount(): number {
    return this.#slots.filter(({ readyAt }) => readyAt !== undefined).length;
  }

  #at(at: number, run: () => void): void {
    this.#events.push({ at, run });
  }

  #takeNext(): { readonly at: number; readonly run: () => void } | undefined {
    const first = this.#events.reduce(
      (best, { at }, index) => (at < (this.#events[best]?.at ?? Infinity) ? index : best),
      0,
    );
    return this.#events.splice(first, 1)[0];
  }

  /** Forks where it is waited for: one slot alone, until somebody serves. */
  #forkWaiting(): void {
    for (const [index, slot] of this.#slots.entries()) {
      if (!slot.waits) continue;
      if (this.#readyCount === 0) this.#canary ??= index;
      if (this.#readyCount > 0 || this.#canary === index) this.#fork(index, slot);
    }
  }

  #fork(index: number, slot: SimulatedSlot): void {
    slot.waits = false;
    slot.incarnation += 1;
    this.#forks += 1;
    const { incarnation } = slot;
    const { readyMs, endsMs, class: crashClass } = this.#world.lifeOf(index, this.#random);
    if (readyMs !== undefined) {
      this.#at(this.#now + readyMs, () => {
        if (slot.incarnation === incarnation) this.#becomeReady(slot);
      });
    }
    if (endsMs !== undefined) {
      this.#at(this.#now + endsMs, () => {
        if (slot.incarnation === incarnation) this.#die(slot, crashClass);
      });
    }
  }

  #becomeReady(slot: SimulatedSlot): void {
    slot.readyAt = this.#now;
    this.#record = forgiveBootFailures(this.#record);
    this.#canary = undefined;
    this.#outages += 1;
    this.#forkWaiting();
  }

  #killSome(victims: number): void {
    const serving = this.#slots.filter(({ readyAt }) => readyAt !== undefined);
    for (let left = Math.min(victims, serving.length); left > 0; left--) {
      const [slot] = serving.splice(Math.floor(this.#random() * serving.length), 1);
      if (slot !== undefined) this.#die(slot, 'killed');
    }
  }

  #die(slot: SimulatedSlot, crashClass: CrashClass): void {
    const readyForMs = slot.readyAt === undefined ? undefined : this.#now - slot.readyAt;
    slot.readyAt = undefined;
    // What was to become of this process is void.
    slot.incarnation += 1;
    const readyCount = this.#readyCount;
    const verdict = judge(
      { class: crashClass, asked: false, readyForMs, waitedInVain: false },
      {
        record: this.#record,
        slotFailures: slot.failures,
        readyCount,
        now: this.#now,
        random: this.#random(),
      },
      this.#budget,
    );
    if (verdict.kind === 'leave' || this.#fatal !== undefined) return;
    this.#record = verdict.record;
    if (verdict.kind === 'give-up') {
      this.#fatal = { at: this.#now, exitCode: verdict.exitCode };
      return;
    }
    slot.failures = verdict.slotFailures;
    this.#restarts += 1;
    if (verdict.kind === 'park') this.#parked += 1;
    if (readyForMs !== undefined && readyCount === 0) this.#expectRescue();
    this.#at(this.#now + verdict.delayMs, () => {
      slot.waits = true;
      this.#forkWaiting();
    });
  }

  /** Nobody serves any more: somebody has to, within the time that is left. */
  #expectRescue(): void {
    this.#outages += 1;
    const outage = this.#outages;
    this.#at(this.#now + this.#zeroCapacityMs, () => {
      if (this.#outages === outage) this.#fatal = { at: this.#now, exitCode: undefined };
    });
  }
}
