import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { SupervisorMetrics } from '../../../src/supervisor/admin/metrics.ts';
import type { SupervisorEvent } from '../../../src/supervisor/events.ts';
import { parseExposition, type Samples } from './exposition.ts';
import { NOW, running } from './snapshot.ts';

/** What Prometheus reads after these. */
async function scrape(...events: readonly SupervisorEvent[]): Promise<Samples> {
  const metrics = new SupervisorMetrics();
  for (const event of events) metrics.observe(event);
  const text = await metrics.text(running, {
    now: NOW,
    version: '1.2.3',
    node: 'v26.10.0',
    gitSha: undefined,
    recentFatalExits: 0,
    looping: false,
    logWriteErrors: new Map(),
  });
  return parseExposition(text);
}

const reloaded = {
  type: 'tools_reloaded',
  toolGeneration: 'g',
  lists: ['tools'],
  tookMs: 800,
} as const;

suite('metrics of tools', () => {
  for (const [result, event] of [
    ['reloaded', reloaded],
    ['unchanged', { type: 'tools_unchanged', toolGeneration: 'g', tookMs: 3 }],
    ['failed', { type: 'tools_reload_failed', toolGeneration: 'g', faults: [], tookMs: 800 }],
    ['rolled_back', { ...reloaded, type: 'tools_rolled_back', from: 'h' }],
  ] as const) {
    test(`count what ended as ${result}, from zero on`, async () => {
      const sample = `mcp_supervisor_tools_reloads_total{result="${result}"}`;
      assert.equal((await scrape()).get(sample), 0);
      assert.equal((await scrape(event)).get(sample), 1);
    });
  }

  test('say how long it took', async () => {
    const samples = await scrape(reloaded);
    assert.equal(samples.get('mcp_supervisor_tools_reload_seconds_bucket{le="0.5"}'), 0);
    assert.equal(samples.get('mcp_supervisor_tools_reload_seconds_bucket{le="1"}'), 1);
  });

  test('say which generation is served, since when, and how many there are in it', async () => {
    const samples = await scrape();
    const info = 'mcp_supervisor_tools_generation_info{generation="0123456789abcdef"}';
    assert.equal(samples.get(info), 1);
    assert.equal(samples.get('mcp_supervisor_tools_offered{kind="tools"}'), 12);
    const since = samples.get('mcp_supervisor_tools_served_since_seconds');
    assert.equal(since, (NOW - 70_000) / 1_000);
  });
});
