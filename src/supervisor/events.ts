import type { CrashClass } from '../shared/crash-class.ts';
import type { DependencyReport, DrainReason, Phase } from '../shared/ipc.ts';
import type { Fault } from '../shared/proof.ts';

/** How the whole is. docs/operating.md says what each means to an operator. */
export type SupervisorState =
  | 'INIT'
  | 'BOOTING'
  | 'RUNNING'
  | 'DEGRADED'
  | 'NO_CAPACITY'
  | 'STOPPING'
  | 'FATAL';

/** One process in one slot. */
export interface Incarnation {
  readonly slot: number;
  readonly incarnation: number;
  readonly pid: number | undefined;
}

/** Why a worker ended, as far as we could find out. */
export interface Crash {
  readonly class: CrashClass;
  /** One sentence: what happened. */
  readonly cause: string;
  /** One imperative sentence: what to do. */
  readonly remedy: string;
  /** The same for every crash with this class and this cause, numbers aside. */
  readonly fingerprint: string;
}

/**
 * What happens to a supervisor and its workers. It is told to one hook, and whoever wants to log,
 * count or show it does: the supervisor itself does none of these.
 */
export type SupervisorEvent =
  | { type: 'state_changed'; from: SupervisorState; to: SupervisorState; reason: string }
  | ({ type: 'worker_forked'; generation: number; canary: boolean } & Incarnation)
  | ({ type: 'worker_phase'; phase: Phase } & Incarnation)
  | ({ type: 'worker_ready'; bootMs: number; port: number } & Incarnation)
  | ({ type: 'worker_suspect'; silentMs: number; processState: string | undefined } & Incarnation)
  | ({ type: 'hang_recovered'; silentMs: number } & Incarnation)
  | ({ type: 'worker_killed'; reason: string; processState: string | undefined } & Incarnation)
  | ({
      type: 'worker_exited';
      planned: boolean;
      code: number | null;
      signal: NodeJS.Signals | null;
      uptimeMs: number;
      phase: 'boot' | 'run';
      /** Absent if it ended as asked. */
      crash: Crash | undefined;
    } & Incarnation)
  | {
      type: 'worker_restarting';
      slot: number;
      delayMs: number;
      failures: number;
      reason: CrashClass;
    }
  | { type: 'worker_parked'; slot: number; delayMs: number; failures: number }
  | ({ type: 'drain_started'; reason: DrainReason; deadlineMs: number } & Incarnation)
  | ({ type: 'drain_finished'; tookMs: number; forced: boolean } & Incarnation)
  | { type: 'reload_started'; generation: number }
  | { type: 'reload_finished'; result: 'ok' | 'aborted'; generation: number; reason: string }
  | { type: 'tools_reload_started'; toolGeneration: string }
  | { type: 'tools_reloaded'; toolGeneration: string; lists: readonly string[]; tookMs: number }
  | { type: 'tools_unchanged'; toolGeneration: string; tookMs: number }
  | {
      type: 'tools_rolled_back';
      toolGeneration: string;
      from: string;
      lists: readonly string[];
      tookMs: number;
    }
  /** Nothing changed. Absent is the generation if the files could not even be read. */
  | {
      type: 'tools_reload_failed';
      toolGeneration: string | undefined;
      faults: readonly Fault[];
      tookMs: number;
    }
  /** A worker serves other tools than all others, and is to be replaced. */
  | { type: 'tools_not_taken'; slot: number; toolGeneration: string; reason: string }
  | { type: 'worker_recycled'; slot: number; reason: string; rssBytes: number }
  | { type: 'memory_leak_suspected'; recyclesInHour: number }
  | { type: 'dependency_changed'; dependency: DependencyReport }
  /** Twice a second: to be counted, and not to be listed. */
  | { type: 'dependency_probed'; name: string; latencyMs: number | undefined; up: boolean }
  | { type: 'supervisor_paused'; ms: number }
  | { type: 'channel_failed'; slot: number; code: string }
  | { type: 'handles_closed'; slot: number; count: number }
  | { type: 'call_quarantined'; fingerprint: string; tool: string; forMs: number }
  | { type: 'call_on_trial'; fingerprint: string; tool: string }
  | { type: 'call_released'; fingerprint: string; tool: string; reason: string }
  | { type: 'scaled'; from: number; to: number }
  | { type: 'fatal'; class: CrashClass; exitCode: number; cause: string; remedy: string }
  | { type: 'hold_started'; holdMs: number; fatalExits: number };
