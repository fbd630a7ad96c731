/**
 * Why we gave up: all that an operator who sees nothing else needs in order to remove the cause.
 * It crosses the wire at `GET /supervisor/fatal`, lies in the state folder as `fatal.json`, and is
 * the JSON line on stderr. Times are RFC 3339 in UTC, durations seconds, sizes bytes. What is not
 * known is null, and never absent. Additions may come within `/1`; nothing is renamed or taken out.
 */
import { CRASH_CLASSES } from '../../shared/crash-class.ts';
import { ExitCode } from '../../shared/exit-codes.ts';
import {
  isBoolean,
  isListOf,
  isNullable,
  isNumber,
  isOneOf,
  isShaped,
  isString,
  isTime,
  type Shape,
  type Shaped,
} from '../../shared/shape.ts';
import { OUTER_KINDS } from '../outer/surroundings.ts';

/** Names the form of a report. */
export const FATAL_SCHEMA = 'mcp.supervisor.fatal/1';

/** What sysexits.h calls our exit codes. */
export const EXIT_NAMES = {
  [ExitCode.Stopped]: 'OK',
  [ExitCode.Usage]: 'USAGE',
  [ExitCode.Unavailable]: 'UNAVAILABLE',
  [ExitCode.Software]: 'SOFTWARE',
  [ExitCode.Resources]: 'TEMPFAIL',
  [ExitCode.Misconfigured]: 'CONFIG',
} as const satisfies Readonly<Record<ExitCode, string>>;

/** A start of a worker that failed. */
const ATTEMPT = {
  at: isTime,
  /** How long it had waited before. */
  delaySeconds: isNullable(isNumber),
  slot: isNullable(isNumber),
  class: isOneOf(CRASH_CLASSES),
  cause: isString,
  fingerprint: isString,
} as const satisfies Shape;

/** What the last worker that ended left behind, and how the machine was. */
const EVIDENCE = {
  slot: isNullable(isNumber),
  /** One of the two, as Node tells them; neither if nothing was forked, or nothing ended. */
  exitCode: isNullable(isNumber),
  signal: isNullable(isString),
  /** Whether it had been ready. */
  phase: isNullable(isOneOf(['boot', 'run'])),
  uptimeSeconds: isNullable(isNumber),
  /** The letter of /proc/PID/stat before it was killed: R computes, S waits in a synchronous call, T is stopped, D waits for a disk. */
  processState: isNullable(isString),
  rssBytes: isNullable(isNumber),
  heapLimitBytes: isNullable(isNumber),
  cgroupLimitBytes: isNullable(isNumber),
  /** How many processes of the cgroup the kernel killed for memory since we started. */
  oomKills: isNullable(isNumber),
  /** Who holds the port, such as `nginx (process 812)`. */
  portHolder: isNullable(isString),
  /** Its last lines on stderr, oldest first. */
  stderrTail: isListOf(isString),
  /** Where its event loop was blocked, or what was not caught was thrown, innermost frame first. */
  workerStack: isListOf(isString),
  /** Of an error in the supervisor itself. */
  supervisorStack: isListOf(isString),
  /** The calls it was busy with. The fingerprint hashes method, tool and arguments. */
  calls: isListOf(isShaped({ tool: isString, fingerprint: isString })),
} as const satisfies Shape;

const DEPENDENCY = {
  name: isString,
  required: isBoolean,
  status: isOneOf(['up', 'down']),
  since: isTime,
  /** Without credentials. */
  address: isString,
  latencySeconds: isNullable(isNumber),
  consecutiveFailures: isNumber,
  lastError: isNullable(
    isShaped({
      at: isTime,
      class: isNullable(isOneOf(CRASH_CLASSES)),
      /** `ECONNREFUSED`, `28P01`, … */
      code: isNullable(isString),
      message: isNullable(isString),
    }),
  ),
} as const satisfies Shape;

/** How the supervisor was when it gave up. */
const SUPERVISOR = {
  state: isString,
  stateReason: isString,
  /** Whether any worker was ever ready. */
  started: isBoolean,
  workersReady: isNumber,
  workersDesired: isNumber,
  bootFailures: isNumber,
  bootFailuresMax: isNumber,
  crashScore: isNumber,
  crashScoreMax: isNumber,
  zeroCapacitySeconds: isNumber,
} as const satisfies Shape;

const REPORT = {
  schema: isOneOf([FATAL_SCHEMA]),
  at: isTime,
  class: isOneOf(CRASH_CLASSES),
  exitCode: isNumber,
  /** What sysexits.h calls that code. */
  exitName: isOneOf(Object.values(EXIT_NAMES)),
  /** One sentence: what happened. */
  cause: isString,
  /** One imperative sentence: what to do. */
  remedy: isString,
  /** The same for every crash with this class and this cause, numbers aside. */
  fingerprint: isString,
  attempts: isShaped({
    total: isNumber,
    /** Those with the report's own fingerprint. */
    identical: isNumber,
    /** The newest 20, oldest first. */
    last: isListOf(isShaped(ATTEMPT)),
  }),
  evidence: isShaped(EVIDENCE),
  dependencies: isListOf(isShaped(DEPENDENCY)),
  /** Null if we gave up before there was one. */
  supervisor: isNullable(isShaped(SUPERVISOR)),
  /** Null if no history could be kept. */
  loop: isNullable(
    isShaped({
      /** Since we last were healthy, or version or configuration changed; this one included. */
      fatalExits: isNumber,
      /** Those with the report's own fingerprint. */
      identical: isNumber,
      /** From the first of them until now. */
      spanSeconds: isNumber,
      /** How long we wait before we exit, so that an outer policy cannot loop quickly. */
      holdSeconds: isNumber,
    }),
  ),
  next: isShaped({
    outer: isOneOf(OUTER_KINDS),
    /** What whoever started us will do. */
    text: isString,
  }),
  versions: isShaped({
    app: isString,
    node: isString,
    configHash: isNullable(isString),
    host: isNullable(isString),
    containerId: isNullable(isString),
  }),
} as const satisfies Shape;

/** Why we gave up; see the top of this file. */
export type FatalReport = Shaped<typeof REPORT>;

/** Whether a value from a file is a report. */
export const isFatalReport = isShaped(REPORT);
