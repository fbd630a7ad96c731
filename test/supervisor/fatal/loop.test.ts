import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import type {
  HistoryEntry,
  HistoryRecord,
  Stamp,
} from '../../../src/supervisor/fatal/history-record.ts';
import { countFatals, findPreviousRun, holdMs } from '../../../src/supervisor/fatal/loop.ts';
import type { OuterKind } from '../../../src/supervisor/outer/surroundings.ts';

const LIMITS = { holdMs: 10_000, holdMaxMs: 300_000 };
const NOON = Date.parse('2026-11-22T12:00:00.000Z');
const now = stamp(0);
const start = { type: 'start', version: '1', configHash: 'a' } as const;
const fatal = {
  type: 'fatal',
  exitCode: 70,
  class: 'uncaught',
  fingerprint: 'f',
  version: '1',
  configHash: 'a',
} as const;

/** So many seconds before noon, an hour and 40 minutes after the machine booted. */
function stamp(agoS: number, run = '1', bootId: string | null = 'boot'): Stamp {
  return {
    at: new Date(NOON - agoS * 1_000).toISOString(),
    uptimeS: 6_000 - agoS,
    process: { pid: 1, startedAt: run, bootId },
  };
}

function record(entry: HistoryEntry, agoS: number, run?: string): HistoryRecord {
  return { ...stamp(agoS, run), ...entry };
}

/** How the previous run ended, by what its runs remembered. */
function how(...entries: readonly [HistoryEntry, string][]): string {
  return findPreviousRun(entries.map(([entry, run]) => record(entry, 0, run))).how;
}

/** The first nine holds, in seconds. */
function holds(outer: OuterKind, permanent: boolean): number[] {
  return Array.from(
    { length: 9 },
    (_, index) => holdMs(index + 1, outer, permanent, LIMITS) / 1_000,
  );
}

suite('the count of fatal exits', () => {
  test('is of the same cause, and of all', () => {
    const records = [
      record(fatal, 900),
      record({ ...fatal, fingerprint: 'g' }, 600),
      record(fatal, 0),
    ];
    assert.deepEqual(countFatals(records, fatal, now), {
      fatalExits: 3,
      identical: 2,
      spanMs: 900_000,
    });
  });

  test('begins anew when it was healthy, and when version or configuration changed', () => {
    for (const between of [
      { type: 'healthy' },
      { ...start, version: '2' },
      { ...start, configHash: 'b' },
      { ...start, configHash: null },
      { ...fatal, configHash: 'b' },
    ] as const) {
      const records = [record(fatal, 60), record(fatal, 50), record(between, 40), record(fatal, 0)];
      assert.equal(countFatals(records, fatal, now).identical, 1);
    }
  });

  test('goes on over runs that started, were ready, or were stopped', () => {
    const records = [fatal, start, { type: 'ready' }, { type: 'stop' }, start, fatal] as const;
    const counted = countFatals(
      records.map((entry, index) => record(entry, 60 - index)),
      fatal,
      now,
    );
    assert.equal(counted.identical, 2);
  });

  test('passes over a record from the future', () => {
    const records = [record(fatal, 60), record(fatal, -60), record({ type: 'healthy' }, -60)];
    assert.equal(countFatals(records, fatal, now).identical, 1);
  });

  test('goes by what the machine counts since it booted, and else by the calendar', () => {
    const clockWentBack: Stamp = { ...now, at: new Date(NOON - 7_200_000).toISOString() };
    const counted = countFatals([record(fatal, 60)], fatal, clockWentBack);
    assert.deepEqual([counted.identical, counted.spanMs], [1, 60_000]);
    for (const bootId of ['another boot', null]) {
      const later = { ...stamp(0, '2', bootId), uptimeS: 5 };
      assert.equal(countFatals([record(fatal, 60)], fatal, later).spanMs, 60_000);
    }
  });
});

suite('the previous run', () => {
  test('ended as its last record says', () => {
    assert.equal(how(), 'none');
    assert.equal(how([start, 'a'], [{ type: 'stop' }, 'a']), 'stop');
    assert.equal(how([start, 'a'], [{ type: 'ready' }, 'a'], [fatal, 'a']), 'fatal');
    assert.equal(how([fatal, 'a']), 'fatal');
    const found = findPreviousRun([record(start, 9), record(fatal, 5)]);
    assert.deepEqual(found, { how: 'fatal', endedAt: stamp(5).at, exitCode: 70 });
  });

  test('that started and has no end was killed, whatever others said since', () => {
    assert.equal(how([start, 'a'], [{ type: 'healthy' }, 'a']), 'without-report');
    assert.equal(how([start, 'a'], [{ type: 'stop' }, 'a'], [start, 'b']), 'without-report');
    // In a container, every run of ours is process 1.
    assert.equal(how([start, 'a'], [fatal, 'b']), 'without-report');
  });
});

suite('the hold', () => {
  test('doubles from the third time on, up to its limit', () => {
    for (const outer of ['docker', 'none'] as const) {
      assert.deepEqual(holds(outer, true), [0, 0, 10, 20, 40, 80, 160, 300, 300]);
    }
    assert.equal(holdMs(5_000, 'docker', false, LIMITS), 300_000);
  });

  test('is short on Kubernetes, and none where a permanent cause is not tried again', () => {
    assert.deepEqual(holds('kubernetes', true), [0, 0, 10, 20, 30, 30, 30, 30, 30]);
    for (const outer of ['systemd', 'pm2'] as const) {
      assert.deepEqual(holds(outer, true), [0, 0, 0, 0, 0, 0, 0, 0, 0]);
      assert.equal(holds(outer, false)[2], 10);
    }
  });
});
