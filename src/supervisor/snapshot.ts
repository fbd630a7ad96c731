import type { GenerationSource } from '../shared/generation.ts';
import type { CallInFlight, DependencyReport, FromWorker } from '../shared/ipc.ts';
import type { Fault, Proof } from '../shared/proof.ts';
import type { Crash, SupervisorState } from './events.ts';

/** Where one slot is in its life. docs/operating.md says what each means to an operator. */
export type SlotState =
  | 'IDLE'
  | 'FORKING'
  | 'BOOTING'
  | 'WAITING_DEP'
  | 'READY'
  | 'SUSPECT'
  | 'DRAINING'
  | 'KILLING'
  | 'BACKOFF'
  | 'PARKED';

/** What a worker last said of itself. */
export type Heartbeat = Omit<Extract<FromWorker, { type: 'heartbeat' }>, 'type'>;

/** How a slot's last worker ended. */
export interface LastExit {
  /** Milliseconds since 1970, as are all `…At` here. */
  readonly at: number;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly phase: 'boot' | 'run';
  readonly uptimeMs: number;
  readonly crash: Crash;
  /** Its last lines on stderr, oldest first, as they were printed: whoever shows them strikes secrets out. */
  readonly stderrTail: readonly string[];
  /** Where its event loop was blocked, or what was not caught was thrown, innermost frame first. */
  readonly stack: readonly string[];
  readonly calls: readonly CallInFlight[];
}

/** One slot at this moment. */
export interface WorkerSnapshot {
  readonly slot: number;
  readonly incarnation: number;
  readonly pid: number | undefined;
  readonly state: SlotState;
  readonly stateSince: number;
  readonly generation: number;
  /** What its agents are offered: the id of a generation of tools. Absent until it is ready. */
  readonly toolGeneration: string | undefined;
  /** How many generations of tools it has loaded so far, the one it began with among them. */
  readonly toolGenerationsLoaded: number;
  readonly forkedAt: number | undefined;
  readonly readyAt: number | undefined;
  readonly bootMs: number | undefined;
  readonly restarts: number;
  readonly consecutiveFailures: number;
  readonly silentMs: number | undefined;
  readonly heartbeat: Heartbeat | undefined;
  /** When the next worker is forked here, if we wait for that. */
  readonly nextStartAt: number | undefined;
  readonly lastExit: LastExit | undefined;
}

/** One dependency at this moment, as the worker that asks it finds it. */
export interface DependencySnapshot {
  readonly report: DependencyReport;
  readonly since: number;
  readonly consecutiveFailures: number;
  readonly lastError: { readonly at: number; readonly report: DependencyReport } | undefined;
}

/** One call under quarantine. */
export interface QuarantineSnapshot {
  readonly fingerprint: string;
  readonly tool: string;
  readonly state: 'refused' | 'on-trial';
  readonly since: number;
  /** When it is tried again, or released if nobody tries it. */
  readonly until: number;
  readonly crashes: number;
}

/** What came of asking for other tools. */
export interface ToolsOutcome {
  readonly result: 'reloaded' | 'unchanged' | 'failed' | 'rolled-back';
  readonly at: number;
  readonly tookMs: number;
  /** What was to be served. Absent if the files could not even be read. */
  readonly toolGeneration: string | undefined;
  /** What agents were told has changed. */
  readonly lists: readonly string[];
  /** Why nothing changed, if it should have. */
  readonly faults: readonly Fault[];
}

/** What agents are offered. */
export interface ToolsSnapshot {
  /** Absent before there is any. */
  readonly toolGeneration: string | undefined;
  readonly servedAt: number | undefined;
  /** What was served before: where a rollback leads. */
  readonly previous: string | undefined;
  /** How many there are. Absent until somebody has loaded them and said so. */
  readonly counts:
    | { readonly tools: number; readonly resources: number; readonly prompts: number }
    | undefined;
  readonly reloading: boolean;
  readonly last: ToolsOutcome | undefined;
}

/** The same, down to every tool. */
export interface ToolsDetails extends ToolsSnapshot {
  readonly sources: readonly GenerationSource[];
  /** What was found when they were proved. Absent until somebody has. */
  readonly proof: Proof | undefined;
}

/** All that a supervisor knows, at this moment, from memory. */
export interface SupervisorSnapshot {
  readonly state: SupervisorState;
  readonly stateSince: number;
  readonly stateReason: string;
  /** Whether a worker was ever ready. */
  readonly started: boolean;
  readonly desired: number;
  readonly budget: {
    readonly bootFailures: number;
    readonly bootFailuresMax: number;
    readonly score: number;
    readonly scoreMax: number;
    readonly halfLifeMs: number;
    readonly zeroCapacityForMs: number;
    readonly zeroCapacityMaxMs: number;
  };
  readonly generation: number;
  readonly reload: {
    readonly active: boolean;
    readonly lastResult: 'ok' | 'aborted' | undefined;
    readonly lastAt: number | undefined;
  };
  readonly tools: ToolsSnapshot;
  readonly workers: readonly WorkerSnapshot[];
  readonly dependencies: readonly DependencySnapshot[];
  readonly quarantine: readonly QuarantineSnapshot[];
  readonly pauses: { readonly count: number; readonly lastMs: number | undefined };
}
