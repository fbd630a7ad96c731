import type { ExitCode } from '../../shared/exit-codes.ts';
import type { Attempt } from '../crash-ledger.ts';
import type { Crash } from '../events.ts';
import { whatFollows } from '../outer/outer-policy.ts';
import type { OuterKind } from '../outer/surroundings.ts';
import { REMEDIES } from '../remedies.ts';
import type { DependencySnapshot, LastExit, SupervisorSnapshot } from '../snapshot.ts';
import { EXIT_NAMES, FATAL_SCHEMA, type FatalReport } from './fatal-report.ts';
import { redactDeeply } from './redact-deeply.ts';

/** More say no more, and a line of log has to end somewhere. */
const ATTEMPTS_MAX = 20;
const LINES_MAX = 50;
const LINE_LENGTH_MAX = 1_000;
/** So that both fit into the termination file, whatever their characters. */
const CAUSE_LENGTH_MAX = 800;
const REMEDY_LENGTH_MAX = 400;

/** What was found out about the last worker that ended, and about the machine. */
interface EvidenceFacts {
  readonly slot?: number | undefined;
  readonly lastExit?: LastExit | undefined;
  readonly processState?: string | undefined;
  readonly rssBytes?: number | undefined;
  readonly heapLimitBytes?: number | undefined;
  readonly cgroupLimitBytes?: number | undefined;
  readonly oomKills?: number | undefined;
  readonly portHolder?: string | undefined;
  /** The stack of an error in the supervisor itself. */
  readonly supervisorStack?: string | undefined;
}

/** All that a report is made of. Only the first five are known when we give up before there is a supervisor. */
export interface FatalFacts {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly exitCode: ExitCode;
  /** An empty remedy becomes the one of its class. */
  readonly crash: Crash;
  readonly outer: OuterKind;
  readonly versions: FatalReport['versions'];
  readonly attempts?: readonly Attempt[] | undefined;
  readonly evidence?: EvidenceFacts | undefined;
  readonly snapshot?: SupervisorSnapshot | undefined;
  readonly loop?:
    | {
        readonly fatalExits: number;
        readonly identical: number;
        readonly spanMs: number;
        readonly holdMs: number;
      }
    | undefined;
}

/** Makes a report of what is known, without secrets: `redact` sees every text before it is shortened. */
export function buildFatalReport(given: FatalFacts, redact: (text: string) => string): FatalReport {
  const facts = redactDeeply(given, redact);
  const { at, exitCode, crash, outer, versions, loop } = facts;
  return {
    schema: FATAL_SCHEMA,
    at: timeOf(at),
    class: crash.class,
    exitCode,
    exitName: EXIT_NAMES[exitCode],
    cause: shorten(crash.cause, CAUSE_LENGTH_MAX),
    remedy: shorten(crash.remedy || REMEDIES[crash.class], REMEDY_LENGTH_MAX),
    fingerprint: crash.fingerprint,
    attempts: attemptsOf(facts.attempts ?? [], crash),
    evidence: evidenceOf(facts.evidence ?? {}),
    dependencies: (facts.snapshot?.dependencies ?? []).map(dependencyOf),
    supervisor: facts.snapshot === undefined ? null : supervisorOf(facts.snapshot),
    loop: loop === undefined ? null : loopOf(loop),
    next: { outer, text: whatFollows(outer, exitCode) },
    versions,
  };
}

function attemptsOf(attempts: readonly Attempt[], { fingerprint }: Crash): FatalReport['attempts'] {
  return {
    total: attempts.length,
    identical: attempts.filter(({ crash }) => crash.fingerprint === fingerprint).length,
    last: attempts.slice(-ATTEMPTS_MAX).map(({ at, delayMs, slot, crash }) => ({
      at: timeOf(at),
      delaySeconds: secondsOf(delayMs),
      slot,
      class: crash.class,
      cause: shorten(crash.cause, CAUSE_LENGTH_MAX),
      fingerprint: crash.fingerprint,
    })),
  };
}

function evidenceOf(facts: EvidenceFacts): FatalReport['evidence'] {
  const { lastExit, supervisorStack } = facts;
  return {
    slot: facts.slot ?? null,
    exitCode: lastExit?.code ?? null,
    signal: lastExit?.signal ?? null,
    phase: lastExit?.phase ?? null,
    uptimeSeconds: lastExit === undefined ? null : secondsOf(lastExit.uptimeMs),
    processState: facts.processState ?? null,
    rssBytes: facts.rssBytes ?? null,
    heapLimitBytes: facts.heapLimitBytes ?? null,
    cgroupLimitBytes: facts.cgroupLimitBytes ?? null,
    oomKills: facts.oomKills ?? null,
    portHolder: facts.portHolder ?? null,
    stderrTail: (lastExit?.stderrTail ?? []).slice(-LINES_MAX).map(shortenLine),
    workerStack: (lastExit?.stack ?? []).slice(0, LINES_MAX).map(shortenLine),
    supervisorStack: (supervisorStack?.split('\n') ?? []).slice(0, LINES_MAX).map(shortenLine),
    calls: lastExit?.calls ?? [],
  };
}

function dependencyOf({
  report,
  since,
  consecutiveFailures,
  lastError,
}: DependencySnapshot): FatalReport['dependencies'][number] {
  const { name, required, status, address, latencyMs } = report;
  return {
    name,
    required,
    status,
    since: timeOf(since),
    address,
    latencySeconds: latencyMs === undefined ? null : secondsOf(latencyMs),
    consecutiveFailures,
    lastError:
      lastError === undefined
        ? null
        : {
            at: timeOf(lastError.at),
            class: lastError.report.class ?? null,
            code: lastError.report.code ?? null,
            message: lastError.report.message ?? null,
          },
  };
}

function supervisorOf(snapshot: SupervisorSnapshot): FatalReport['supervisor'] {
  const { state, stateReason, started, workers, desired, budget } = snapshot;
  return {
    state,
    stateReason,
    started,
    workersReady: workers.filter((worker) => worker.state === 'READY').length,
    workersDesired: desired,
    bootFailures: budget.bootFailures,
    bootFailuresMax: budget.bootFailuresMax,
    crashScore: Math.round(budget.score * 100) / 100,
    crashScoreMax: budget.scoreMax,
    zeroCapacitySeconds: secondsOf(budget.zeroCapacityForMs),
  };
}

function loopOf(loop: NonNullable<FatalFacts['loop']>): FatalReport['loop'] {
  return {
    fatalExits: loop.fatalExits,
    identical: loop.identical,
    spanSeconds: secondsOf(loop.spanMs),
    holdSeconds: secondsOf(loop.holdMs),
  };
}

function timeOf(at: number): string {
  return new Date(at).toISOString();
}

function secondsOf(ms: number): number {
  return Math.round(ms) / 1_000;
}

function shortenLine(line: string): string {
  return shorten(line, LINE_LENGTH_MAX);
}

/** Cuts what is too long, but no character in two. */
function shorten(text: string, lengthMax: number): string {
  if (text.length <= lengthMax) return text;
  return `${text.slice(0, lengthMax - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
