import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import * as fc from 'fast-check';
import { Histogram } from 'prom-client';

import type { Response } from '../../../src/worker/protocol/frame.ts';
import { countsOf, openMetrics, seriesOf } from './counted.ts';

const CALLS = 'mcp_tool_calls_total';
const OPERATIONS = 'mcp_server_operation_duration_seconds';
/** Tools that are told apart. */
const TOOLS_MAX = 4_096;

function callOf(name: string) {
  return { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name } } as const;
}

const DONE: Response = { jsonrpc: '2.0', id: 1, result: {} };
const FAILED: Response = { jsonrpc: '2.0', id: 1, error: { code: -32603, message: 'No' } };

suite('operations', () => {
  test('are told apart by method, tool, error and revision, and by nothing else', async () => {
    const metrics = openMetrics({ isTool: () => true });
    const ping = { jsonrpc: '2.0', id: 1, method: 'ping', params: {} } as const;
    for (const revision of ['2025-11-25', '2025-11-25', '2025-06-18', undefined] as const) {
      metrics.begin(callOf('paint'))({ response: DONE, cancelled: false, revision });
      metrics.begin(callOf('paint'))({ response: FAILED, cancelled: false, revision });
      metrics.begin(ping)({ response: DONE, cancelled: false, revision });
    }
    const labels = 'network_transport=tcp, mcp_protocol_version=';
    const ofPing = `mcp_method_name=ping, gen_ai_tool_name=, error_type=, ${labels}`;
    const ofCall = `mcp_method_name=tools/call, gen_ai_tool_name=paint, error_type=`;
    assert.deepEqual(await countsOf(metrics, OPERATIONS), [
      `${ofPing}2025-11-25: 2`,
      `${ofPing}2025-06-18: 1`,
      `${ofPing}: 1`,
      `${ofCall}, ${labels}2025-11-25: 2`,
      `${ofCall}-32603, ${labels}2025-11-25: 2`,
      `${ofCall}, ${labels}2025-06-18: 1`,
      `${ofCall}-32603, ${labels}2025-06-18: 1`,
      `${ofCall}, ${labels}: 1`,
      `${ofCall}-32603, ${labels}: 1`,
    ]);
  });

  test('are told as the package tells them', async (t) => {
    const durations = fc.array(
      fc.oneof(fc.constantFrom(0.01, 0.5, 300), fc.double({ min: 0, max: 400, noNaN: true })),
    );
    await fc.assert(
      fc.asyncProperty(durations, async (given) => {
        const metrics = openMetrics({ isTool: () => true });
        const theirs = new Histogram({
          name: OPERATIONS,
          help: 'The same, counted by the package.',
          labelNames: [
            'mcp_method_name',
            'gen_ai_tool_name',
            'error_type',
            'network_transport',
            'mcp_protocol_version',
          ],
          buckets: [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300],
          registers: [],
        });
        const clock = t.mock.method(performance, 'now', () => 0);
        for (const duration of given) {
          const end = metrics.begin(callOf('paint'));
          clock.mock.mockImplementationOnce(() => duration * 1_000);
          end({ response: DONE, cancelled: false, revision: '2025-11-25' });
          const labels = {
            mcp_method_name: 'tools/call',
            gen_ai_tool_name: 'paint',
            error_type: '',
            network_transport: 'tcp',
            mcp_protocol_version: '2025-11-25',
          };
          theirs.observe(labels, (duration * 1_000) / 1_000);
        }
        clock.mock.restore();
        const { values } = await theirs.get();
        assert.deepEqual(
          await seriesOf(metrics, OPERATIONS),
          values.map(({ labels, value, metricName }) => ({ labels, value, metricName })),
        );
      }),
    );
  });

  test('of more tools than are told apart are counted together', async () => {
    const metrics = openMetrics({ isTool: () => true });
    for (let tool = 0; tool < TOOLS_MAX + 3; tool += 1) {
      const end = metrics.begin(callOf(`tool ${tool}`));
      end({ response: DONE, cancelled: false, revision: '2025-11-25' });
    }
    metrics.begin(callOf('tool 0'))({ response: DONE, cancelled: false, revision: undefined });
    const counts = await countsOf(metrics, CALLS);
    assert.equal(counts.length, TOOLS_MAX + 1);
    assert.equal(counts.at(0), 'gen_ai_tool_name=tool 0, outcome=ok: 2');
    assert.equal(counts.at(-1), 'gen_ai_tool_name=_other, outcome=ok: 3');
  });
});
