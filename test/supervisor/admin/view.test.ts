import assert from 'node:assert/strict';
import { test } from 'node:test';

import { EventLog } from '../../../src/supervisor/admin/event-log.ts';
import { Viewer } from '../../../src/supervisor/admin/view.ts';
import { doubleOf } from './opened.ts';
import { degraded, running } from './snapshot.ts';

test('a condition keeps its date until its status changes, whether or not somebody asks meanwhile', (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: 1_000 });
  const source = doubleOf();
  const events = new EventLog({ redact: (text) => text, now: Date.now });
  using viewer = new Viewer({ source, facts: () => source.facts, events });
  const readySince = (): number | undefined => viewer.look().facts.conditions[0]?.since;
  assert.equal(readySince(), 1_000);

  t.mock.timers.setTime(2_000);
  source.current = degraded;
  events.add({ type: 'state_changed', from: 'RUNNING', to: 'DEGRADED', reason: '' });
  assert.equal(readySince(), 1_000);

  t.mock.timers.setTime(3_000);
  source.current = { ...running, state: 'NO_CAPACITY' };
  events.add({ type: 'state_changed', from: 'DEGRADED', to: 'NO_CAPACITY', reason: '' });
  t.mock.timers.setTime(4_000);
  assert.equal(readySince(), 3_000);
});
