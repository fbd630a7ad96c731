import type { CallInFlight, FromSupervisor, FromWorker } from '../../shared/ipc.ts';
import { classify, describeCrash, type Evidence } from '../crash.ts';
import type { Crash, Incarnation, SupervisorEvent } from '../events.ts';
import type { QuarantineSnapshot } from '../snapshot.ts';
import { Quarantine } from './quarantine.ts';

/** How long calls leave traces after a crash: as long as two crashes may lie apart to count together. */
const BREADCRUMBS_MS = 600_000;
/** Signals that a process does not bring upon itself, as it does a SIGSEGV. */
const FROM_OUTSIDE: ReadonlySet<NodeJS.Signals> = new Set([
  'SIGKILL',
  'SIGTERM',
  'SIGINT',
  'SIGHUP',
]);

export interface PoisonWatchOptions {
  /** When calls leave traces that outlive a crash. */
  readonly breadcrumbs: 'after-crash' | 'always' | 'off';
  readonly quarantineMs: number;
  /** Reads, once, what calls a worker left traces of. */
  readonly readCalls: (who: Incarnation) => readonly CallInFlight[];
  readonly emit: (event: SupervisorEvent) => void;
  /** Tells every worker. */
  readonly tell: (message: FromSupervisor) => void;
}

/** Finds the calls that end workers, and has them refused everywhere. */
export class PoisonWatch {
  readonly #options: PoisonWatchOptions;
  readonly #quarantine: Quarantine;
  #breadcrumbsUntil = 0;

  constructor(options: PoisonWatchOptions) {
    this.#options = options;
    this.#quarantine = new Quarantine({
      quarantineMs: options.quarantineMs,
      onEvent: (event) => {
        options.emit(event);
        options.tell(this.#message());
      },
    });
  }

  /** Says why a worker ended, and which calls ran. To be asked once for each end. */
  explain(evidence: Evidence, who: Incarnation): { crash: Crash; calls: readonly CallInFlight[] } {
    const crash = classify(evidence);
    const named = evidence.lastWords?.calls ?? [];
    const traced = this.#options.readCalls(who);
    // Its last words know which of those that ran it was.
    const calls = named.length > 0 ? named : traced;
    if (!evidence.served || isBlameless(evidence, crash)) return { crash, calls };
    this.#keepBreadcrumbs();
    this.#quarantine.record(calls, now());
    if (!this.#quarantine.isPoison(calls)) return { crash, calls };
    const guilty = calls.find((call) => this.#quarantine.isPoison([call]));
    const cause = `a call of the tool "${guilty?.tool ?? ''}" ended it again: ${crash.cause}`;
    return { crash: describeCrash('poison', cause), calls };
  }

  /** What a new worker has to know. */
  greeting(): readonly FromSupervisor[] {
    const on = this.#options.breadcrumbs === 'always' || this.#breadcrumbsUntil > now();
    return [this.#message(), { type: 'breadcrumbs', on }];
  }

  heedTrial(trial: Extract<FromWorker, { type: 'trial' }>): void {
    this.#quarantine.judgeTrial(trial, now());
    // While one worker tries it, the others know until when.
    this.#options.tell(this.#message());
  }

  /** Does what is due by time. */
  tick(): void {
    this.#quarantine.advance(now());
    if (this.#breadcrumbsUntil === 0 || this.#breadcrumbsUntil > now()) return;
    this.#breadcrumbsUntil = 0;
    this.#options.tell({ type: 'breadcrumbs', on: false });
  }

  /** Frees a call. Says whether it was under quarantine. */
  release(fingerprint: string): boolean {
    return this.#quarantine.release(fingerprint);
  }

  snapshot(): readonly QuarantineSnapshot[] {
    return this.#quarantine.snapshot();
  }

  #keepBreadcrumbs(): void {
    if (this.#options.breadcrumbs !== 'after-crash') return;
    const begins = this.#breadcrumbsUntil === 0;
    this.#breadcrumbsUntil = now() + BREADCRUMBS_MS;
    if (begins) this.#options.tell({ type: 'breadcrumbs', on: true });
  }

  #message(): FromSupervisor {
    return { type: 'quarantine', calls: this.#quarantine.forWorkers(now()) };
  }
}

/** Whether no call can be to blame: we asked for it, somebody outside did, or a dependency is away. */
function isBlameless({ inflicted, signal }: Evidence, { class: crashClass }: Crash): boolean {
  if (inflicted === 'drain' || crashClass === 'dep_auth' || crashClass === 'dep_unreachable') {
    return true;
  }
  return crashClass === 'killed' && signal !== null && FROM_OUTSIDE.has(signal);
}

/** Milliseconds since 1970 that do not jump. */
function now(): number {
  return performance.timeOrigin + performance.now();
}
