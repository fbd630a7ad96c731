import { CRASH_CLASSES } from '../../shared/crash-class.ts';
import {
  type Guard,
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

const PROCESS = {
  pid: isNumber,
  startedAt: isNullable(isString),
  bootId: isNullable(isString),
} as const satisfies Shape;

/** What stands in every record: when, and which run of ours wrote it. */
const STAMP = {
  at: isTime,
  /** Seconds since the machine booted, which no change of the clock moves. Null where there is no /proc. */
  uptimeS: isNullable(isNumber),
  process: isShaped(PROCESS),
} as const satisfies Shape;

/** What may be remembered. */
const ENTRIES = {
  start: { version: isString, configHash: isNullable(isString) },
  /** The first worker serves. */
  ready: {},
  /** It has run for `MCP_SUPERVISOR_HEALTHY_MS` without a gap: earlier fatal exits are forgiven. */
  healthy: {},
  /** Which workers there are. A later record of the same run replaces it. */
  workers: { processes: isListOf(isShaped(PROCESS)) },
  /** Version and configuration are here too, for there may have been no start: a bad configuration ends us before. */
  fatal: {
    exitCode: isNumber,
    class: isOneOf(CRASH_CLASSES),
    fingerprint: isString,
    version: isString,
    configHash: isNullable(isString),
  },
  stop: {},
} as const satisfies Readonly<Record<string, Shape>>;

type EntryOf<Type extends keyof typeof ENTRIES> = Type extends unknown
  ? { readonly type: Type } & Shaped<(typeof ENTRIES)[Type]>
  : never;

/** What may be remembered of a run. */
export type HistoryEntry = EntryOf<keyof typeof ENTRIES>;
/** When something is remembered, and by whom. */
export type Stamp = Shaped<typeof STAMP>;
/** One line of the history. */
export type HistoryRecord = HistoryEntry & Stamp;
/** What is remembered of a fatal exit. */
export type FatalEntry = Extract<HistoryEntry, { type: 'fatal' }>;

const GUARDS: ReadonlyMap<unknown, Guard<object>> = new Map(
  Object.entries<Shape>(ENTRIES).map(([type, shape]) => [type, isShaped({ ...STAMP, ...shape })]),
);

/** Reads a line of the file; nothing if it is none of ours. */
export function parseHistoryRecord(line: string): HistoryRecord | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isHistoryRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isHistoryRecord(value: unknown): value is HistoryRecord {
  if (typeof value !== 'object' || value === null || !('type' in value)) return false;
  return GUARDS.get(value.type)?.(value) ?? false;
}

/** Whether two records are of one run. */
export function isSameRun({ process: one }: Stamp, { process: other }: Stamp): boolean {
  return one.pid === other.pid && one.startedAt === other.startedAt && one.bootId === other.bootId;
}
