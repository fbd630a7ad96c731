import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { z } from 'zod';

import { Failure, type FailureCode } from '../../../src/shared/errors.ts';
import { METHOD_NAMES } from '../../../src/worker/methods/methods.ts';
import { defineTool, type Tool } from '../../../src/worker/tools/tool.ts';
import { converse, openConversation } from '../methods/conversation.ts';
import { cancellationOf } from '../protocol/open-peer.ts';
import { countsOf, openMetrics, seriesOf } from './counted.ts';

const OPERATIONS = 'mcp_server_operation_duration_seconds';
const CALLS = 'mcp_tool_calls_total';

function toolThat(run: () => Promise<string>, scope?: string): Tool {
  const input = z.object({});
  return defineTool({
    name: 'tool',
    description: 'Does.',
    timeoutMs: 20,
    input,
    run,
    ...(scope === undefined ? {} : { scope }),
  });
}

const failing = (code: FailureCode): Tool =>
  toolThat(async () => {
    throw new Failure(code, 'No');
  });

/** Tools, and what a call of each is counted as. */
const ENDS: readonly (readonly [what: string, Tool, outcome: string, errorType: string])[] = [
  ['answers', toolThat(async () => 'done'), 'ok', ''],
  ['fails so that the model can mend it', failing('invalid'), 'tool_error', 'tool_error'],
  ['is hidden', toolThat(async () => 'done', 'vault'), 'invalid', 'not-found'],
  ['finds its caller unknown', failing('unauthorized'), 'forbidden', 'unauthorized'],
  ['is limited', failing('limited'), 'limited', 'limited'],
  ['is unavailable', failing('unavailable'), 'unavailable', 'unavailable'],
  ['takes too long', toolThat(() => new Promise(() => undefined)), 'timeout', 'timeout'],
  ['has a bug', toolThat(() => Promise.reject(new Error('bug'))), 'internal', 'internal'],
];

suite('a call of a tool', () => {
  for (const [what, tool, outcome, errorType] of ENDS) {
    test(`that ${what} is counted as ${outcome}`, async () => {
      const metrics = openMetrics({ methods: METHOD_NAMES, isTool: (name) => name === 'tool' });
      const { ask } = await converse({ tools: [tool] }, { id: 'ann', scopes: new Set() }, metrics);
      await ask('tools/call', { name: 'tool' });
      assert.deepEqual(await countsOf(metrics, CALLS), [
        `gen_ai_tool_name=tool, outcome=${outcome}: 1`,
      ]);
      const labels = `gen_ai_tool_name=tool, error_type=${errorType}, network_transport=tcp`;
      assert.deepEqual((await countsOf(metrics, OPERATIONS)).slice(1), [
        `mcp_method_name=tools/call, ${labels}, mcp_protocol_version=2025-11-25: 1`,
      ]);
    });
  }

  test('is counted by how its answer was come by, where answers are kept', async () => {
    const metrics = openMetrics({ isTool: (name) => name === 'tool' });
    for (const outcome of ['hit', 'hit', 'stale', 'miss'] as const) {
      metrics.countCached('tool', outcome);
    }
    metrics.countCached('made up', 'bypass');
    const series = await seriesOf(metrics, 'mcp_tool_cache_total');
    assert.deepEqual(
      series.map(({ labels, value }) => [...Object.values(labels), value].join(' ')),
      ['tool hit 2', 'tool stale 1', 'tool miss 1', '_other bypass 1'],
    );
  });

  test('that is cancelled is counted as cancelled', async () => {
    const metrics = openMetrics({ methods: METHOD_NAMES, isTool: (name) => name === 'tool' });
    const { peer } = await converse(
      { tools: [toolThat(() => new Promise(() => undefined))] },
      undefined,
      metrics,
    );
    const call = { jsonrpc: '2.0', id: 'c', method: 'tools/call', params: { name: 'tool' } };
    const running = peer.receive(JSON.stringify(call));
    await peer.receive(JSON.stringify(cancellationOf('c')));
    await running;
    assert.deepEqual(await countsOf(metrics, CALLS), [
      'gen_ai_tool_name=tool, outcome=cancelled: 1',
    ]);
  });

  test('that is under quarantine is counted as quarantined', async () => {
    const metrics = openMetrics();
    const request = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: {} } as const;
    const response = { jsonrpc: '2.0', error: { code: 422, message: 'No' } } as const;
    metrics.begin(request)({ response, cancelled: false, revision: '2025-11-25' });
    assert.deepEqual(await countsOf(metrics, CALLS), [
      'gen_ai_tool_name=_other, outcome=quarantined: 1',
    ]);
  });

  test('that does not exist is no label', async () => {
    const metrics = openMetrics({ methods: METHOD_NAMES, isTool: (name) => name === 'tool' });
    const { ask } = await converse({}, undefined, metrics);
    for (let n = 0; n < 50; n += 1) {
      // Each has an id of its own.
      // oxlint-disable-next-line no-await-in-loop -- see above
      await ask('tools/call', { name: `made up ${n}` });
    }
    assert.deepEqual(await countsOf(metrics, CALLS), [
      'gen_ai_tool_name=_other, outcome=invalid: 50',
    ]);
  });
});

suite('a tool', () => {
  const metrics = openMetrics({ isTool: (name) => name === 'tool' });

  for (const [what, name, count, told] of [
    [
      'calls that wait for it',
      'mcp_tool_calls_waiting',
      () => {
        metrics.wait('tool', 1);
        metrics.wait('tool', 1);
        metrics.wait('tool', -1);
      },
      ['gen_ai_tool_name=tool: 1'],
    ],
    [
      'whether it is stuck',
      'mcp_tool_stuck',
      () => {
        metrics.stick('tool', true);
        metrics.stick('made up', true);
        metrics.stick('made up', false);
      },
      ['gen_ai_tool_name=tool: 1', 'gen_ai_tool_name=_other: 0'],
    ],
    [
      'how often it was tried again',
      'mcp_tool_retries_total',
      () => {
        metrics.retry('tool');
      },
      ['gen_ai_tool_name=tool: 1'],
    ],
    [
      'how long it kept the event loop',
      'mcp_tool_event_loop_delay_seconds_total',
      () => {
        metrics.delay('tool', 200);
        metrics.delay('tool', 50);
      },
      ['gen_ai_tool_name=tool: 0.25'],
    ],
    [
      'how often it changed what all share',
      'mcp_tool_prototypes_changed_total',
      () => {
        metrics.litter('tool');
        metrics.litter(undefined);
      },
      ['gen_ai_tool_name=tool: 1', 'gen_ai_tool_name=_other: 1'],
    ],
    [
      'what it said that was not sent',
      'mcp_notifications_dropped_total',
      () => {
        metrics.drop('notifications/progress');
        metrics.drop('notifications/message');
        metrics.drop('notifications/progress');
      },
      ['mcp_method_name=notifications/progress: 2', 'mcp_method_name=notifications/message: 1'],
    ],
  ] as const) {
    test(`is counted with ${what}`, async () => {
      count();
      assert.deepEqual(await countsOf(metrics, name), told);
    });
  }
});

suite('an operation', () => {
  test('whose method does not exist is no label, before the handshake or after', async () => {
    const metrics = openMetrics({ methods: METHOD_NAMES });
    const { ask } = openConversation({}, undefined, metrics);
    await ask('made/up');
    await ask('constructor');
    const labels = 'gen_ai_tool_name=, error_type=-32602, network_transport=tcp';
    assert.deepEqual(await countsOf(metrics, OPERATIONS), [
      `mcp_method_name=_other, ${labels}, mcp_protocol_version=: 2`,
    ]);
  });

  test('falls into the buckets that OpenTelemetry names', async () => {
    const metrics = openMetrics({ methods: METHOD_NAMES });
    const { ask } = openConversation({}, undefined, metrics);
    await ask('ping');
    const series = await seriesOf(metrics, OPERATIONS);
    assert.deepEqual(
      series.flatMap(({ labels }) => labels.le ?? []),
      [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, '+Inf'],
    );
  });
});

test('a request of a tool to another server is counted by how it ended', async () => {
  const metrics = openMetrics();
  for (const outcome of ['ok', 'forbidden', 'ok']) metrics.fetched(outcome);
  assert.deepEqual(await countsOf(metrics, 'mcp_tool_fetches_total'), [
    'outcome=ok: 2',
    'outcome=forbidden: 1',
  ]);
});

suite('a session', () => {
  test('is open until it is closed, and then it is timed', async () => {
    const metrics = openMetrics();
    const close = metrics.open();
    metrics.open();
    assert.deepEqual(await countsOf(metrics, 'mcp_server_sessions_open'), [': 2']);
    close({ code: 1001, revision: '2025-11-25' });
    assert.deepEqual(await countsOf(metrics, 'mcp_server_sessions_open'), [': 1']);
    assert.deepEqual(await countsOf(metrics, 'mcp_server_session_duration_seconds'), [
      'network_transport=tcp, mcp_protocol_version=2025-11-25, error_type=: 1',
    ]);
  });

  test('that ends badly says with which code, unless an agent made it up', async () => {
    const metrics = openMetrics();
    for (const code of [1006, 4001, 4002]) metrics.open()({ code, revision: undefined });
    const labels = 'network_transport=tcp, mcp_protocol_version=';
    assert.deepEqual(await countsOf(metrics, 'mcp_server_session_duration_seconds'), [
      `${labels}, error_type=1006: 1`,
      `${labels}, error_type=_other: 2`,
    ]);
  });
});

suite('a worker', () => {
  test('shows its pool and its last heartbeat', async () => {
    const metrics = openMetrics();
    assert.deepEqual(await countsOf(metrics, 'mcp_postgres_pool_connections'), [
      'state=idle: 2',
      'state=used: 3',
    ]);
    assert.deepEqual(await countsOf(metrics, 'mcp_postgres_pool_waiting'), [': 7']);
    for (const [name, value] of [
      ['mcp_worker_event_loop_delay_p99_seconds', 0.02],
      ['mcp_worker_event_loop_utilization_ratio', 0.5],
      ['mcp_worker_resident_memory_bytes', 100],
      ['mcp_worker_heap_used_bytes', 40],
    ] as const) {
      // oxlint-disable-next-line no-await-in-loop -- one reading is like the other
      assert.deepEqual(await countsOf(metrics, name), [`: ${value}`]);
    }
  });

  test('refuses to tell what JSON cannot say', async () => {
    const metrics = openMetrics({
      pool: () => ({ totalCount: Number.NaN, idleCount: 0, waitingCount: 0 }),
    });
    await assert.rejects(metrics.read(), TypeError);
  });
});
