import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import * as fc from 'fast-check';

import { IPC_BYTES_MAX, parseFromWorker, seriesKey } from '../../../src/shared/ipc.ts';
import {
  changesSince,
  type MetricsMessage,
  MetricsPush,
  PUSH_MS,
} from '../../../src/worker/observe/metrics-push.ts';
import { counterOf, openMetrics } from './counted.ts';

const RESPONSE = { jsonrpc: '2.0', id: 1, result: {} } as const;

function bytesOf(message: MetricsMessage): number {
  return Buffer.byteLength(JSON.stringify(message));
}

/** What one who got the messages knows, after what it knew before. */
function learn(known: Map<string, number>, messages: readonly MetricsMessage[]): void {
  for (const { families } of messages) {
    for (const { name, values } of families) {
      for (const series of values) known.set(seriesKey(name, series), series.value);
    }
  }
}

suite('changes since the last push', () => {
  test('are all there is at first, and nothing if nothing changed', () => {
    const families = [counterOf('a', { x: 1, y: 0 }), counterOf('b', { x: 2 })];
    const { messages, sent } = changesSince(new Map(), families);
    assert.deepEqual(messages, [{ type: 'metrics', families }]);
    assert.deepEqual(changesSince(sent, families).messages, []);
  });

  test('are the series that changed, in full', () => {
    const { sent } = changesSince(new Map(), [counterOf('a', { x: 1, y: 5 })]);
    const { messages } = changesSince(sent, [counterOf('a', { x: 1, y: 6, z: 1 })]);
    assert.deepEqual(messages, [{ type: 'metrics', families: [counterOf('a', { y: 6, z: 1 })] }]);
  });

  test('leave out what no message can hold', () => {
    const { messages } = changesSince(new Map(), [
      counterOf('a', { ['x'.repeat(IPC_BYTES_MAX)]: 1, y: 2 }),
    ]);
    assert.deepEqual(messages, [{ type: 'metrics', families: [counterOf('a', { y: 2 })] }]);
  });

  test('say the same in many messages, none of them too large, as they would in one', () => {
    const family = fc.dictionary(fc.string({ unit: 'binary', maxLength: 64 }), fc.nat(3), {
      maxKeys: 200,
    });
    const state = fc.record({ mcp_a: family, mcp_b: family });
    fc.assert(
      fc.property(fc.array(state, { maxLength: 4 }), (states) => {
        const known = new Map<string, number>();
        let sent: ReadonlyMap<string, number> = new Map();
        for (const { mcp_a: a, mcp_b: b } of states) {
          const changes = changesSince(sent, [counterOf('mcp_a', a), counterOf('mcp_b', b)]);
          sent = changes.sent;
          for (const message of changes.messages) {
            assert.ok(bytesOf(message) <= IPC_BYTES_MAX);
            assert.notEqual(parseFromWorker(JSON.parse(JSON.stringify(message))), undefined);
          }
          learn(known, changes.messages);
        }
        assert.deepEqual(known, sent);
      }),
      { numRuns: 50 },
    );
  });

  test('never part the series of one histogram', async () => {
    const tools = Array.from({ length: 100 }, (_, n) => `tool-${n}-${'x'.repeat(50)}`);
    const metrics = openMetrics({ isTool: (name) => tools.includes(name) });
    for (const name of tools) {
      const request = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name } } as const;
      metrics.begin(request)({ response: RESPONSE, cancelled: false, revision: '2025-11-25' });
    }
    const { messages } = changesSince(new Map(), await metrics.read());
    assert.ok(messages.length > 10);
    for (const message of messages) {
      assert.ok(bytesOf(message) <= IPC_BYTES_MAX);
      const lines = JSON.stringify(message);
      for (const name of tools.filter((tool) => lines.includes(`${tool}","error_type`))) {
        const { families } = message;
        const histogram = families.find(({ type }) => type === 'histogram');
        const parts = histogram?.values.filter(({ labels }) => labels.gen_ai_tool_name === name);
        // 14 buckets, the one without a bound, the sum and the count.
        assert.ok(parts?.length === 17 || parts?.length === 0, `${parts?.length}`);
      }
    }
  });
});

suite('the push', () => {
  test('tells every five seconds what changed, and what is left at the end', async (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] });
    let count = 1;
    const sent: MetricsMessage[] = [];
    {
      await using push = new MetricsPush({
        read: async () => [counterOf('mcp_a', { x: count })],
        send: async (message) => {
          sent.push(message);
        },
        onError: (error) => {
          throw error;
        },
      });
      t.mock.timers.tick(PUSH_MS - 1);
      assert.equal(sent.length, 0);
      t.mock.timers.tick(1);
      await t.waitFor(() => assert.equal(sent.length, 1));
      await push.push();
      assert.equal(sent.length, 1);
      count = 2;
    }
    assert.deepEqual(
      sent.map(({ families }) => families[0]?.values[0]?.value),
      [1, 2],
    );
    t.mock.timers.tick(10 * PUSH_MS);
    assert.equal(sent.length, 2);
  });

  test('that fails is reported, and made up for by the next', async () => {
    const sent: MetricsMessage[] = [];
    let broken = true;
    await using push = new MetricsPush({
      read: async () => [counterOf('mcp_a', { x: 1 })],
      send: async (message) => {
        if (broken) throw new Error('The channel is closed');
        sent.push(message);
      },
      onError: () => undefined,
    });
    await assert.rejects(push.push());
    broken = false;
    await push.push();
    assert.equal(sent.length, 1);
  });

  test('does not keep a worker from ending when nobody reads it', async () => {
    const errors: unknown[] = [];
    const push = new MetricsPush({
      read: async () => [counterOf('mcp_a', { x: 1 })],
      send: () => new Promise(() => undefined),
      onError: (error) => {
        errors.push(error);
      },
    });
    const before = performance.now();
    await push[Symbol.asyncDispose]();
    assert.ok(performance.now() - before < 3_000);
    assert.equal(errors.length, 1);
  });
});
