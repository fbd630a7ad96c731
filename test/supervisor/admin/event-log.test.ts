import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { EVENTS_MAX, EventLog } from '../../../src/supervisor/admin/event-log.ts';

const logOf = (): EventLog =>
  new EventLog({ redact: (text) => text.replaceAll('hunter2', '[redacted]'), now: () => 0 });

/** Events that can be told apart. */
function fill(log: EventLog, count: number): void {
  for (let to = 1; to <= count; to += 1) log.add({ type: 'scaled', from: 0, to });
}

const seqsOf = (events: readonly { seq: number }[]): number[] => events.map(({ seq }) => seq);

suite('the log of events', () => {
  test('numbers and dates what happens', () => {
    const log = logOf();
    log.add({ type: 'worker_parked', slot: 1, delayMs: 300_000, failures: 11 });
    assert.deepEqual(log.since(0, 10), [
      {
        seq: 1,
        time: '1970-01-01T00:00:00.000Z',
        type: 'worker_parked',
        slot: 1,
        delayMs: 300_000,
        failures: 11,
      },
    ]);
  });

  test('strikes out secrets and shortens what is long, however deep it lies', () => {
    const log = logOf();
    const crash = {
      class: 'uncaught',
      cause: 'hunter2'.repeat(1_000),
      remedy: '',
      fingerprint: '',
    } as const;
    log.add({
      type: 'worker_exited',
      slot: 0,
      incarnation: 1,
      pid: undefined,
      planned: false,
      code: 70,
      signal: null,
      uptimeMs: Number.NaN,
      phase: 'run',
      crash,
    });
    const text = JSON.stringify(log.last(1));
    assert.ok(!text.includes('hunter2'));
    assert.ok(text.length < 1_500);
    // What is unknown is null, and not left out.
    assert.match(text, /"pid":null/);
    assert.match(text, /"uptimeMs":null/);
  });

  test('leaves out what only counts', () => {
    const log = logOf();
    log.add({ type: 'dependency_probed', name: 'redis', latencyMs: 1, up: true });
    assert.equal(log.lastSeq, 0);
    assert.deepEqual(log.since(0, 10), []);
  });

  test('keeps the last 500', () => {
    const log = logOf();
    fill(log, EVENTS_MAX + 7);
    const kept = log.since(0, 10_000);
    assert.equal(kept.length, 500);
    assert.deepEqual([kept[0]?.seq, kept.at(-1)?.seq, log.lastSeq], [8, 507, 507]);
    assert.deepEqual(seqsOf(log.since(3, 2)), [8, 9]);
    assert.deepEqual(seqsOf(log.since(505, 10)), [506, 507]);
    assert.deepEqual(seqsOf(log.since(507, 10)), []);
    assert.deepEqual(seqsOf(log.last(2)), [506, 507]);
  });

  test('begins anew for whoever comes with a number of an earlier run', () => {
    const log = logOf();
    fill(log, 3);
    assert.deepEqual(seqsOf(log.since(1_423, 10)), [1, 2, 3]);
  });

  test('tells listeners, until they have heard enough', () => {
    const log = logOf();
    const heard: number[] = [];
    const stop = log.subscribe(() => heard.push(log.lastSeq));
    fill(log, 2);
    stop();
    fill(log, 1);
    assert.deepEqual(heard, [1, 2]);
  });
});
