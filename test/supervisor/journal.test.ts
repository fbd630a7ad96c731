import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { describeCrash } from '../../src/supervisor/crash.ts';
import type { SupervisorEvent } from '../../src/supervisor/events.ts';
import { writeToJournal } from '../../src/supervisor/journal.ts';
import { away, there } from '../worker/dependency-reports.ts';
import { type Line, recordLog } from '../worker/recorded-log.ts';

const WHO = { slot: 2, incarnation: 7, pid: 4_711 };

/** What is logged of these. */
function logged(...events: readonly SupervisorEvent[]): readonly Line[] {
  const { log, lines } = recordLog();
  for (const event of events) writeToJournal(log, event);
  return lines;
}

suite('the journal', () => {
  test('says whose an event is, and does not take it for who speaks', () => {
    const [line] = logged({ type: 'worker_ready', bootMs: 640, port: 3_000, ...WHO });
    assert.deepEqual(line, {
      level: 'info',
      message: 'worker is ready',
      fields: { worker: 2, workerPid: 4_711, incarnation: 7, bootMs: 640, port: 3_000 },
    });
  });

  test('names each fault of tools as a terminal makes a link of it', () => {
    const nowhere = { file: undefined, line: undefined, column: undefined, subject: undefined };
    const [line] = logged({
      type: 'tools_reload_failed',
      toolGeneration: 'abc',
      tookMs: 7,
      faults: [
        { ...nowhere, file: '/tools/a.ts', line: 3, column: 5, message: 'Unexpected end' },
        { ...nowhere, file: '/tools/b.ts', message: 'exports nothing' },
        { ...nowhere, message: 'it ended' },
      ],
    });
    assert.equal(line?.level, 'error');
    assert.partialDeepStrictEqual(line.fields, {
      faults: ['/tools/a.ts:3:5 Unexpected end', '/tools/b.ts exports nothing', 'it ended'],
    });
  });

  test('warns of a worker that died, with cause and remedy, and not of one that was asked to end', () => {
    const how = { code: 70, signal: null, uptimeMs: 640, phase: 'boot', ...WHO } as const;
    const crash = describeCrash('hang', 'at grind()');
    const lines = logged(
      { type: 'worker_exited', planned: false, crash, ...how },
      { type: 'worker_exited', planned: true, crash: undefined, ...how },
    );
    assert.partialDeepStrictEqual(lines, [
      { level: 'warn', message: 'worker died', fields: { worker: 2, code: 70, ...crash } },
      { level: 'info', message: 'worker ended as asked', fields: { worker: 2 } },
    ]);
  });

  test('says of a dependency what is wrong, beside the message of the line', () => {
    const lines = logged(
      { type: 'dependency_changed', dependency: away('postgres', '57P03', 'it is starting up') },
      { type: 'dependency_changed', dependency: there('postgres') },
    );
    assert.partialDeepStrictEqual(lines, [
      {
        level: 'warn',
        message: 'dependency does not answer',
        fields: { name: 'postgres', cause: 'it is starting up', code: '57P03' },
      },
      { level: 'info', message: 'dependency answers', fields: { name: 'postgres' } },
    ]);
    for (const { fields } of lines) assert.ok(fields !== undefined && !('message' in fields));
  });

  test('has an error for what an operator has to look into', () => {
    const lines = logged(
      { type: 'worker_killed', reason: 'hang', processState: 'R', ...WHO },
      { type: 'worker_parked', slot: 2, delayMs: 300_000, failures: 11 },
      { type: 'memory_leak_suspected', recyclesInHour: 7 },
      { type: 'call_quarantined', fingerprint: 'f', tool: 'sell', forMs: 900_000 },
      { type: 'fatal', class: 'config', exitCode: 78, cause: 'x', remedy: 'y' },
    );
    assert.deepEqual(
      lines.map(({ level }) => level),
      lines.map(() => 'error'),
    );
    assert.equal(lines.length, 5);
  });

  test('does not list what comes twice a second', () => {
    const event = { type: 'dependency_probed', name: 'redis', latencyMs: 1, up: true } as const;
    assert.deepEqual(logged(event), []);
  });
});
