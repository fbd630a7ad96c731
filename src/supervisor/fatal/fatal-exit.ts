import { setTimeout as sleep } from 'node:timers/promises';

import type { Config } from '../../shared/config.ts';
import type { ExitCode } from '../../shared/exit-codes.ts';
import { exitCodeFor, isPermanent } from '../crash.ts';
import type { Fatality } from '../crash-ledger.ts';
import { crashOfThrown } from '../crash-of-thrown.ts';
import type { SupervisorEvent } from '../events.ts';
import { readCgroup } from '../host/cgroup.ts';
import { readHostIdentity } from '../host/host-identity.ts';
import { KERNEL_FOLDERS } from '../host/kernel-file.ts';
import { describeHolder, findPortHolder } from '../host/port-holder.ts';
import type { OuterKind } from '../outer/surroundings.ts';
import type { SupervisorSnapshot } from '../snapshot.ts';
import { buildFatalReport, type FatalFacts } from './build-fatal-report.ts';
import type { FatalReport } from './fatal-report.ts';
import type { History } from './history.ts';
import { holdMs } from './loop.ts';
import { terminationLogOf, writeFatalReport } from './write-fatal-report.ts';

/** What is known when we end. Early on, it is little. */
export interface Circumstances {
  readonly outer: OuterKind;
  readonly version: string;
  readonly redact: (text: string) => string;
  readonly emit: (event: SupervisorEvent) => void;
  readonly config: Pick<Config, 'port' | 'supervision'> | undefined;
  readonly configHash: string | undefined;
  /** Known even where the configuration is wrong: a container shows nothing else of us. */
  readonly terminationLog: string | undefined;
  /** Absent while it is not ours. */
  readonly stateFolder: string | undefined;
  /** Absent where there is nowhere to remember it: then nothing is held back. */
  readonly history: History | undefined;
  readonly snapshot: SupervisorSnapshot | undefined;
}

/** Why we end: what a supervisor decided, or what was thrown. */
export type Reason = Pick<Fatality, 'crash' | 'attempts' | 'ending'> & { readonly stack?: string };

/** Whoever stands outside may take a silent process for dead. */
const BEAT_MS = 1_000;
/** What a hold costs where no configuration could be read. */
const HOLD_DEFAULTS = { holdMs: 10_000, holdMaxMs: 300_000 };

/** What an error says that ended the supervisor itself. */
export function reasonOf(error: unknown): Reason {
  const crash = crashOfThrown(error);
  const { stack } = error instanceof Error ? error : new Error(String(error));
  const isOurs = crash.class === 'supervisor_bug' && stack !== undefined;
  return { crash, attempts: [], ending: undefined, ...(isOurs ? { stack } : {}) };
}

/**
 * Reports why we end, wherever somebody may look, then holds the exit back if it is one in a loop, for
 * as long as nobody says that it is enough. It is reported first: whoever ends us meanwhile shall find it.
 */
export class FatalExit {
  readonly #look: () => Circumstances;
  #report: FatalReport | undefined;
  #holdMs = 0;

  constructor(look: () => Circumstances) {
    this.#look = look;
  }

  /** The report, once there is one. */
  get report(): FatalReport | undefined {
    return this.#report;
  }

  /** Reports, and holds the exit back. Resolves with the code to exit with. `onBeat` is called every second meanwhile. */
  async run(reason: Reason, enough: AbortSignal, onBeat: () => void): Promise<ExitCode> {
    this.write(reason);
    const beating = setInterval(onBeat, BEAT_MS);
    if (this.#holdMs > 0) {
      await sleep(this.#holdMs, undefined, { signal: enough }).catch(() => undefined);
    }
    clearInterval(beating);
    return exitCodeFor(this.#report?.class ?? reason.crash.class);
  }

  /** Reports at once. What was reported first holds. */
  write(reason: Reason): void {
    if (this.#report !== undefined) return;
    const circumstances = this.#look();
    const { config, configHash = null, history, redact, emit } = circumstances;
    const { outer, version, stateFolder } = circumstances;
    const { class: crashClass, fingerprint } = reason.crash;
    const exitCode = exitCodeFor(crashClass);
    const entry = { exitCode, class: crashClass, fingerprint, version, configHash };
    const count = history?.addFatal(entry);
    const limits = config?.supervision ?? HOLD_DEFAULTS;
    const isLasting = isPermanent(crashClass);
    const forMs = count === undefined ? 0 : holdMs(count.identical, outer, isLasting, limits);
    this.#holdMs = forMs;
    const loop = count && { ...count, holdMs: forMs };
    const report = buildFatalReport(factsOf(reason, circumstances, loop), redact);
    this.#report = report;
    const terminationLog = terminationLogOf(circumstances.terminationLog);
    writeFatalReport(report, { stateFolder, terminationLog });
    if (count !== undefined && forMs > 0) {
      emit({ type: 'hold_started', holdMs: forMs, fatalExits: count.identical });
    }
  }
}

function factsOf(
  { crash, attempts, ending, stack }: Reason,
  { outer, version, config, configHash, snapshot }: Circumstances,
  loop: FatalFacts['loop'],
): FatalFacts {
  const { hostName, containerId } = readHostIdentity(KERNEL_FOLDERS);
  const holder =
    crash.class === 'port_in_use' && config !== undefined
      ? findPortHolder(config.port, KERNEL_FOLDERS)
      : undefined;
  return {
    at: Date.now(),
    exitCode: exitCodeFor(crash.class),
    crash,
    outer,
    attempts,
    snapshot,
    loop,
    versions: {
      app: version,
      node: process.version,
      configHash: configHash ?? null,
      host: hostName,
      containerId: containerId ?? null,
    },
    evidence: {
      slot: ending?.slot,
      lastExit: ending?.exit,
      processState: ending?.evidence.processState,
      rssBytes: ending?.heartbeat?.rssBytes,
      heapLimitBytes: ending?.heartbeat?.heapLimitBytes,
      oomKills: ending?.evidence.oomKills,
      cgroupLimitBytes: readCgroup(KERNEL_FOLDERS).memoryLimitBytes,
      portHolder: holder && describeHolder(holder),
      supervisorStack: stack,
    },
  };
}
