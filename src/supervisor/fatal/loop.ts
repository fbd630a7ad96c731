import type { OuterKind } from '../outer/surroundings.ts';
import { type FatalEntry, type HistoryRecord, isSameRun, type Stamp } from './history-record.ts';

/** Fatal exits that are not held back: whoever restarts us may do so at once. */
const FREE_EXITS = 2;
/** Kubernetes waits long enough by itself. */
const KUBERNETES_HOLD_MS_MAX = 30_000;

/** How the run before ours ended. */
export interface PreviousRun {
  /** `without-report`: it was killed, with all of its container, or the machine went down. */
  readonly how: 'none' | 'stop' | 'fatal' | 'without-report';
  /** When, as RFC 3339; null if nobody saw it. */
  readonly endedAt: string | null;
  readonly exitCode: number | null;
}

/** Fatal exits so far, one that is in the history already included. */
export interface FatalCount {
  readonly fatalExits: number;
  /** Those for the same cause. */
  readonly identical: number;
  /** From the first of all of them until now. */
  readonly spanMs: number;
}

/** Tells how the newest run of a history ended: not our own, which may not be in it yet. */
export function findPreviousRun(records: readonly HistoryRecord[]): PreviousRun {
  const begun = records.findLastIndex(({ type }) => type === 'start');
  const start = records[begun];
  const end = records
    .slice(begun + 1)
    .findLast(
      (record) =>
        (record.type === 'fatal' || record.type === 'stop') &&
        (start === undefined || isSameRun(record, start)),
    );
  if (end?.type === 'stop') return { how: 'stop', endedAt: end.at, exitCode: 0 };
  if (end?.type === 'fatal') return { how: 'fatal', endedAt: end.at, exitCode: end.exitCode };
  const how = start === undefined ? 'none' : 'without-report';
  return { how, endedAt: null, exitCode: null };
}

/**
 * Counts fatal exits back to where it was healthy last, or where version or configuration were
 * others. A record from the future tells that the clock went back, and is passed over.
 */
export function countFatals(
  records: readonly HistoryRecord[],
  { fingerprint, version, configHash }: FatalEntry,
  now: Stamp,
): FatalCount {
  const past = records.filter((record) => ageMs(record, now) >= 0);
  const before = past.findLastIndex(
    (record) =>
      record.type === 'healthy' ||
      ((record.type === 'start' || record.type === 'fatal') &&
        (record.version !== version || record.configHash !== configHash)),
  );
  const fatals = past.slice(before + 1).filter((record) => record.type === 'fatal');
  const [first] = fatals;
  return {
    fatalExits: fatals.length,
    identical: fatals.filter((fatal) => fatal.fingerprint === fingerprint).length,
    spanMs: first === undefined ? 0 : ageMs(first, now),
  };
}

/**
 * How long to wait before the exit that is the `count`th for one cause: 0, 0, then `holdMs` and twice as
 * long each time. For an outer policy that is slow, or that will not restart us anyway, less.
 */
export function holdMs(
  count: number,
  outer: OuterKind,
  permanent: boolean,
  limits: { readonly holdMs: number; readonly holdMaxMs: number },
): number {
  if (count <= FREE_EXITS) return 0;
  if (permanent && (outer === 'systemd' || outer === 'pm2')) return 0;
  const longest =
    outer === 'kubernetes' ? Math.min(limits.holdMaxMs, KUBERNETES_HOLD_MS_MAX) : limits.holdMaxMs;
  return Math.min(limits.holdMs * 2 ** (count - FREE_EXITS - 1), longest);
}

/** How long ago a record was made: by the machine's own clock if it has not booted since, else by the calendar. */
function ageMs(record: Stamp, now: Stamp): number {
  const { bootId } = record.process;
  if (bootId !== null && bootId === now.process.bootId) {
    if (record.uptimeS !== null && now.uptimeS !== null) {
      return Math.round((now.uptimeS - record.uptimeS) * 1_000);
    }
  }
  return Date.parse(now.at) - Date.parse(record.at);
}
