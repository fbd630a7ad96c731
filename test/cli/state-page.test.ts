import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { parseState } from '../../src/cli/parse-state.ts';
import { statePage } from '../../src/cli/state-page.ts';
import { loopingOf, readinessOf } from '../../src/supervisor/admin/conditions.ts';
import { EventLog } from '../../src/supervisor/admin/event-log.ts';
import { stateOf } from '../../src/supervisor/admin/state.ts';
import type { SupervisorSnapshot } from '../../src/supervisor/snapshot.ts';
import {
  degraded,
  down,
  facts,
  fallen,
  NOW,
  postgres,
  running,
  worker,
} from '../supervisor/admin/snapshot.ts';

function stateFor(snapshot: SupervisorSnapshot): unknown {
  const events = new EventLog({ redact: (text) => text, now: () => NOW - 90_000 });
  events.add({ type: 'scaled', from: 1, to: 2 });
  const conditions = [readinessOf(snapshot), loopingOf(0)];
  return JSON.parse(
    JSON.stringify(
      stateOf(snapshot, {
        ...facts,
        now: NOW,
        seq: 1,
        lastEvents: events.last(20),
        conditions: conditions.map((condition) => ({ ...condition, since: NOW })),
      }),
    ),
  );
}

function pageOf(snapshot: SupervisorSnapshot, columns = 120): string {
  const state = parseState(stateFor(snapshot)) ?? assert.fail('is no state');
  return statePage(state, { columns, paint: (_, text) => text });
}

suite('the page of state', () => {
  test('shows what is wrong first, then each worker, dependency, quarantined call and event', () => {
    const snapshot = { ...degraded, dependencies: [postgres, down('redis', false)] };
    assert.equal(
      pageOf(snapshot),
      [
        'DEGRADED  slot 1 in BACKOFF (uncaught), for 2h 13m',
        '1 of 2 workers ready · 1 backoff · crash score 2.31 of 12',
        'holdfast 1.8.2 · node v26.10.0 · pid 1 · up 2h 15m · under kubernetes',
        '',
        'SLOT  PID  STATE    RESTARTS  UPTIME  RSS    LAG    LAST EXIT',
        '0     41   READY    2         2h 15m  91 MB  11 ms  –',
        '1     –    BACKOFF  2         –       –      –      uncaught exit 70, 1s ago, next start in 2s: TypeError: Cannot read …',
        '',
        'DEPENDENCY  STATUS  FOR     REQUIRED  LATENCY  LAST ERROR',
        'postgres    up      2h 13m  yes       4 ms     –',
        'redis       down    5s      no        –        redis refuses connections',
        '',
        'QUARANTINED CALL  STATE    FOR     CRASHES  TOOL',
        '0123456789ab      refused  15m 0s  2        add',
        '',
        'EVENT',
        '1m 30s ago  scaled  from=1 to=2',
        '',
      ].join('\n'),
    );
  });

  test('leaves out what there is none of', () => {
    assert.doesNotMatch(pageOf({ ...running, dependencies: [] }), /DEPENDENCY|QUARANTINED/);
  });

  test('keeps every line within the terminal', () => {
    for (const line of pageOf(degraded, 80).split('\n')) assert.ok(line.length <= 80, line);
  });

  test('lets nobody move the cursor or write a line of ours', () => {
    const lastExit = fallen.lastExit && {
      ...fallen.lastExit,
      crash: { ...fallen.lastExit.crash, cause: '\u001b[2J\u001b]0;x\u0007a\nRUNNING\r' },
    };
    const page = pageOf({ ...running, workers: [worker, { ...fallen, lastExit }] });
    assert.doesNotMatch(page, /[^\P{Cc}\n]/u);
    assert.doesNotMatch(page.split('\n').slice(1).join('\n'), /^RUNNING/m);
  });

  test('is not made of a state of another version, or of something else', () => {
    const state = Object(stateFor(running));
    assert.ok(parseState(state));
    for (const other of [null, 'up', {}, { ...state, schema: 'mcp.supervisor.state/2' }]) {
      assert.equal(parseState(other), undefined);
    }
    assert.ok(parseState({ ...state, addedLater: 1 }));
  });
});
