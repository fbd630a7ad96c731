/**
 * What a supervisor and its workers say to each other, over the channel that `node:cluster` opens.
 * Each message is one JSON object with a `type`, and its fields as the tables below list them.
 */
import { CRASH_CLASSES } from './crash-class.ts';
import {
  type Guard,
  isBoolean,
  isListOf,
  isNumber,
  isOneOf,
  isOptional,
  isRecordOf,
  isShaped,
  isString,
  type Shape,
  type Shaped,
} from './shape.ts';

/** Rises when a message changes its meaning. Both ends come from one package, so it should never differ. */
export const IPC_VERSION = 1;

/** The largest message. Larger ones are cut off when a process exits right after sending. */
export const IPC_BYTES_MAX = 16_384;

/** What a worker is busy with before it is ready. The last three may take long, and have a time limit of their own. */
const PHASES = [
  'starting',
  'connecting',
  'loading-tools',
  'listening',
  'waiting-for-migration',
  'migrating',
  'setup',
] as const;
/** One of the phases above. */
export type Phase = (typeof PHASES)[number];

/** How one thing we depend on is. */
const DEPENDENCY = {
  /** `postgres` or `redis`. */
  name: isString,
  /** Whether readiness counts on it once we serve. */
  required: isBoolean,
  status: isOneOf(['up', 'down']),
  /** Where it is, without credentials. */
  address: isString,
  /** What is wrong: its class, its code (`ECONNREFUSED`, `28P01`), and a sentence of ours. */
  class: isOptional(isOneOf(CRASH_CLASSES)),
  code: isOptional(isString),
  message: isOptional(isString),
  latencyMs: isOptional(isNumber),
  /** While it is waited for at the start: which attempt failed, and when the next is made. */
  attempt: isOptional(isNumber),
  nextInMs: isOptional(isNumber),
} as const satisfies Shape;
/** How one thing we depend on is, as a worker found it. */
export type DependencyReport = Shaped<typeof DEPENDENCY>;

/** A call that ran when its worker ended: enough to know it again, and nothing of what it said. */
const CALL_IN_FLIGHT = { tool: isString, fingerprint: isString } as const satisfies Shape;
/** A call that ran when its worker ended. The fingerprint hashes method, tool and arguments. */
export type CallInFlight = Shaped<typeof CALL_IN_FLIGHT>;

/** Metrics as prom-client's `getMetricsAsJSON` has them. */
const METRIC_FAMILY = {
  name: isString,
  help: isString,
  type: isOneOf(['counter', 'gauge', 'histogram', 'summary']),
  /** How the values of several workers become one: `sum`, `max`, … */
  aggregator: isString,
  values: isListOf(
    isShaped({
      value: isNumber,
      labels: isRecordOf((label): label is string | number => isString(label) || isNumber(label)),
      /** `…_bucket`, `…_sum` or `…_count` of a histogram. */
      metricName: isOptional(isString),
    }),
  ),
} as const satisfies Shape;
/** One metric and those of its series that changed. */
export type MetricFamily = Shaped<typeof METRIC_FAMILY>;
/** Metrics, and those of their series that changed. */
export const isMetricFamilies: Guard<readonly MetricFamily[]> = isListOf(isShaped(METRIC_FAMILY));
/** One series of a metric, at one moment. */
export type Series = MetricFamily['values'][number];

/** What tells a series from all others: its name and its labels. */
export function seriesKey(family: string, { metricName, labels }: Series): string {
  const sorted = Object.keys(labels).toSorted();
  return JSON.stringify([metricName ?? family, sorted.map((label) => [label, labels[label]])]);
}

/** What a worker tells its supervisor. */
const FROM_WORKER = {
  /** The first thing it says: its own code runs. */
  hello: { version: isNumber, build: isString, node: isString },
  /** What it is busy with. `limitMs` replaces the time limit of the boot while it lasts. */
  phase: { name: isOneOf(PHASES), limitMs: isOptional(isNumber) },
  /** How a dependency answered just now. */
  dependency: DEPENDENCY,
  /** It serves on that port what is in that generation. */
  ready: { port: isNumber, generation: isString },
  /** What became of an order about a generation. `message` says why it is unfit. */
  generation: {
    generation: isString,
    step: isOneOf(['prepared', 'unfit', 'swapped']),
    message: isOptional(isString),
  },
  /** Its event loop turns. Sent every `MCP_SUPERVISOR_HEARTBEAT_MS`, from the start of `main` on. */
  heartbeat: {
    sequence: isNumber,
    /** Event loop utilisation since the last one, 0 to 1. */
    utilization: isNumber,
    loopDelayP99Ms: isNumber,
    rssBytes: isNumber,
    heapUsedBytes: isNumber,
    heapLimitBytes: isNumber,
    webSockets: isNumber,
    http: isNumber,
    inFlight: isNumber,
    oldestInFlightMs: isNumber,
  },
  /** Series that changed since they were last sent. Values are totals of this worker, not differences. */
  metrics: { families: isMetricFamilies },
  /** Its last words, before an exit of its own accord. */
  fatal: {
    class: isOneOf(CRASH_CLASSES),
    code: isOptional(isString),
    message: isString,
    stack: isOptional(isString),
    remedy: isOptional(isString),
    calls: isListOf(isShaped(CALL_IN_FLIGHT)),
  },
  /** A call under quarantine was let through for once: it begins, or it ended and we are still here. */
  trial: { fingerprint: isString, outcome: isOneOf(['begun', 'survived']) },
  /** It has drained, and ends. So many sockets still had requests running at the deadline, which were cut off. */
  drained: { webSocketsCut: isNumber },
} as const satisfies Readonly<Record<string, Shape>>;

/** Why a worker is told to drain. An agent reads it from the close code: 1001 when we stop, else 1012. */
const DRAIN_REASONS = ['stop', 'reload', 'recycle'] as const;
/** One of the reasons above. */
export type DrainReason = (typeof DRAIN_REASONS)[number];

/** A call that is refused everywhere, or let through once to see whether it still kills. */
const QUARANTINED = {
  fingerprint: isString,
  tool: isString,
  state: isOneOf(['refused', 'on-trial']),
  /** How long it is refused from now on, for `retryAfterMs`. */
  forMs: isNumber,
} as const satisfies Shape;
/** A call under quarantine, as workers are told. */
export type Quarantined = Shaped<typeof QUARANTINED>;

/** What a supervisor tells its workers. */
const FROM_SUPERVISOR = {
  /** The answer to `hello`: boot, with that generation. A dependency that is away is waited for so long; for ever if it is left out. */
  go: { deadlineMs: isOptional(isNumber), generation: isString },
  /** Load a generation beside the one that is served, serve it from now on, or forget it. */
  generation: { generation: isString, step: isOneOf(['prepare', 'swap', 'drop']) },
  /** Tell the agents of all workers that these lists changed. One worker is told. */
  announce: { lists: isListOf(isOneOf(['tools', 'resources', 'prompts'])) },
  /** Finish what runs, then end. Closes of sockets are spread over `jitterMs`. */
  drain: { deadlineMs: isNumber, jitterMs: isNumber, reason: isOneOf(DRAIN_REASONS) },
  /** The log file was moved aside. */
  'reopen-log': {},
  /** Whether this worker asks the dependencies how they are, for all. */
  probe: { on: isBoolean },
  /** How the dependencies are: what readiness says. */
  dependencies: { dependencies: isListOf(isShaped(DEPENDENCY)) },
  /** All calls under quarantine. What is not in it is free. */
  quarantine: { calls: isListOf(isShaped(QUARANTINED)) },
  /** Whether calls leave a trace that outlives the process. */
  breadcrumbs: { on: isBoolean },
  /** What an operator did, or was refused: to be written into the audit. `at` in milliseconds since 1970. */
  audit: {
    at: isNumber,
    kind: isOneOf(['administration', 'refusal']),
    address: isOptional(isString),
    action: isString,
    subject: isOptional(isString),
    outcome: isString,
  },
} as const satisfies Readonly<Record<string, Shape>>;

type MessageOf<Table extends Readonly<Record<string, Shape>>> = {
  [Type in keyof Table]: { readonly type: Type } & Shaped<Table[Type]>;
}[keyof Table];

/** What a worker tells its supervisor. */
export type FromWorker = MessageOf<typeof FROM_WORKER>;
/** What a supervisor tells its workers. */
export type FromSupervisor = MessageOf<typeof FROM_SUPERVISOR>;

/** Reads a message off the channel, at the supervisor's end. The channel is shared with `node:cluster`; what is not ours is passed over. */
export const parseFromWorker = parserOf<FromWorker>(FROM_WORKER);

/** Reads a message off the channel, at the worker's end. */
export const parseFromSupervisor = parserOf<FromSupervisor>(FROM_SUPERVISOR);

function parserOf<Message extends { readonly type: string }>(
  table: Readonly<Record<Message['type'], Shape>>,
): (message: unknown) => Message | undefined {
  const guards = new Map<unknown, Guard<object>>(
    Object.entries<Shape>(table).map(([type, shape]) => [type, isShaped(shape)]),
  );
  const isMessage = (message: unknown): message is Message => {
    if (typeof message !== 'object' || message === null || !('type' in message)) return false;
    return guards.get(message.type)?.(message) ?? false;
  };
  return (message) => (isMessage(message) ? message : undefined);
}

/** What a worker is told by its environment: which place it fills, and whether it goes first. */
export interface WorkerRole {
  /** The place it fills, 0 and up. */
  readonly slot: number;
  /** The canary boots alone: it migrates the databases before any other worker starts. */
  readonly canary: boolean;
  /** The file for the traces of its calls. Absent where none are kept. */
  readonly breadcrumbs: string | undefined;
}

/** A role as variables for the worker to be forked with. */
export function encodeWorkerRole({
  slot,
  canary,
  breadcrumbs,
}: WorkerRole): Record<string, string> {
  return {
    HOLDFAST_SLOT: String(slot),
    HOLDFAST_CANARY: String(canary),
    ...(breadcrumbs === undefined ? {} : { HOLDFAST_BREADCRUMBS: breadcrumbs }),
  };
}

/** Reads the role back. A worker that was told nothing is alone, and goes first. */
export function parseWorkerRole(env: NodeJS.ProcessEnv): WorkerRole {
  return {
    slot: Number(env.HOLDFAST_SLOT ?? 0),
    canary: env.HOLDFAST_CANARY !== 'false',
    breadcrumbs: env.HOLDFAST_BREADCRUMBS,
  };
}
