import assert from 'node:assert/strict';
import { once } from 'node:events';
import { suite, type TestContext, test } from 'node:test';
import type { WorkerMetrics } from '../../../src/worker/observe/metrics.ts';
import type { Method } from '../../../src/worker/protocol/methods.ts';
import { countsOf, openMetrics } from '../observe/counted.ts';
import { Agent } from './agent.ts';
import { BODY_BYTES_MAX, post, serveMcp } from './mcp-served.ts';
import { frameOf, knock, OPCODE, serve } from './served.ts';

const REFUSALS = 'mcp_limit_refusals_total';
const SESSIONS = 'mcp_server_session_duration_seconds';

/** Never answers of its own accord. */
const hang: Method<string> = async (_params, { signal }) => {
  await once(signal, 'abort');
  throw signal.reason;
};

const large: Method<string> = async () => ({ text: 'x'.repeat(1_048_576) });

async function waitForRefusal(t: TestContext, metrics: WorkerMetrics, limit: string) {
  await t.waitFor(
    async () => {
      const counts = await countsOf(metrics, REFUSALS);
      assert.ok(counts.some((count) => count.startsWith(`limit=${limit}: `)));
    },
    { timeout: 5_000 },
  );
}

suite('what is counted of sockets', () => {
  test('is how many are open, how long they were, and what was spoken', async (t) => {
    const metrics = openMetrics();
    await using served = await serve({ observer: metrics });
    const agent = await Agent.connect(served.port);
    assert.deepEqual(await countsOf(metrics, 'mcp_server_sessions_open'), [': 1']);
    agent.ws.close(1000);
    await t.waitFor(async () => {
      assert.deepEqual(await countsOf(metrics, 'mcp_server_sessions_open'), [': 0']);
    });
    assert.deepEqual(await countsOf(metrics, SESSIONS), [
      'network_transport=tcp, mcp_protocol_version=2025-11-25, error_type=: 1',
    ]);
  });

  test('is that one vanished', async (t) => {
    const metrics = openMetrics();
    await using served = await serve({ observer: metrics });
    const agent = await Agent.connect(served.port);
    agent.ws.terminate();
    await t.waitFor(async () => {
      assert.deepEqual(await countsOf(metrics, SESSIONS), [
        'network_transport=tcp, mcp_protocol_version=2025-11-25, error_type=1006: 1',
      ]);
    });
  });

  test('is each request, by its method', async () => {
    const metrics = openMetrics();
    await using served = await serve({ observer: metrics });
    using agent = await Agent.connect(served.port);
    await agent.ask(1, 'ping');
    await agent.ask(2, 'made/up');
    const labels = 'network_transport=tcp, mcp_protocol_version=2025-11-25';
    const counts = await countsOf(metrics, 'mcp_server_operation_duration_seconds');
    // No other method is known here: the handshake is counted as such, too.
    assert.deepEqual(counts.toSorted(), [
      `mcp_method_name=_other, gen_ai_tool_name=, error_type=, ${labels}: 1`,
      `mcp_method_name=_other, gen_ai_tool_name=, error_type=-32601, ${labels}: 1`,
      `mcp_method_name=ping, gen_ai_tool_name=, error_type=, ${labels}: 1`,
    ]);
  });
});

suite('of the limits is counted', () => {
  test('a socket too many', async (t) => {
    const metrics = openMetrics();
    await using served = await serve({ observer: metrics, limits: { socketsMax: 1 } });
    using first = await Agent.connect(served.port);
    assert.equal((await knock(served.port)).status, 503);
    assert.deepEqual((await first.ask(1, 'ping')).result, {});
    await waitForRefusal(t, metrics, 'sockets');
  });

  test('a frame too large', async (t) => {
    const metrics = openMetrics();
    await using served = await serve({ observer: metrics, limits: { frameBytesMax: 4_096 } });
    using agent = await Agent.connect(served.port);
    agent.ws.send('x'.repeat(4_097));
    assert.equal((await agent.closed).code, 1009);
    await waitForRefusal(t, metrics, 'frame_bytes');
  });

  test('a call too many', async (t) => {
    const metrics = openMetrics();
    await using served = await serve({ observer: metrics, table: { hang } });
    using agent = await Agent.connect(served.port);
    for (let id = 1; id <= 64; id += 1) agent.ask(id, 'hang').catch(() => undefined);
    assert.equal((await agent.ask(65, 'ping')).error?.code, 429);
    await waitForRefusal(t, metrics, 'calls_in_flight');
  });

  test('messages too fast', async (t) => {
    const metrics = openMetrics();
    await using served = await serve({ observer: metrics, limits: { messagesPerS: 20 } });
    using agent = await Agent.connect(served.port);
    for (let id = 1; id <= 5; id += 1) agent.ask(id, 'ping').catch(() => undefined);
    await waitForRefusal(t, metrics, 'messages_per_s');
  });

  test('bytes too fast', async (t) => {
    const metrics = openMetrics();
    await using served = await serve({ observer: metrics, limits: { bytesPerS: 1_024 } });
    using agent = await Agent.connect(served.port);
    agent.ask(1, 'ping', { text: 'x'.repeat(1_000) }).catch(() => undefined);
    await waitForRefusal(t, metrics, 'bytes_per_s');
  });

  test('a body too large', async (t) => {
    const metrics = openMetrics();
    await using served = await serveMcp({}, {}, { observer: metrics });
    const { status } = await post(served.url, 'x'.repeat(BODY_BYTES_MAX + 1));
    assert.equal(status, 413);
    await waitForRefusal(t, metrics, 'frame_bytes');
  });

  test('a ping that was not answered', async (t) => {
    const metrics = openMetrics();
    await using served = await serve({ observer: metrics, limits: { pingMs: 20 } });
    using agent = await Agent.connect(served.port, { pong: false });
    await agent.closed;
    await waitForRefusal(t, metrics, 'unanswered_ping');
  });

  test('JSON too deep', async (t) => {
    const metrics = openMetrics();
    await using served = await serve({ observer: metrics });
    using agent = await Agent.connect(served.port);
    agent.ws.send('['.repeat(200));
    await waitForRefusal(t, metrics, 'json_depth');
  });

  test('too many malformed frames in a row', async (t) => {
    const metrics = openMetrics();
    await using served = await serve({ observer: metrics });
    using agent = await Agent.connect(served.port);
    for (let sent = 0; sent < 20; sent += 1) agent.ws.send('nope');
    assert.equal((await agent.closed).code, 1008);
    await waitForRefusal(t, metrics, 'malformed_in_row');
  });

  test('an agent that does not read its answers', async (t) => {
    const metrics = openMetrics();
    await using served = await serve({ observer: metrics, table: { large } });
    const { socket } = await knock(served.port);
    assert.ok(socket !== undefined);
    socket.pause();
    socket.write(frameOf(OPCODE.text, '{"jsonrpc":"2.0","id":0,"method":"initialize"}'));
    for (let id = 1; id <= 60; id += 1) {
      socket.write(frameOf(OPCODE.text, `{"jsonrpc":"2.0","id":${id},"method":"large"}`));
    }
    await waitForRefusal(t, metrics, 'unsent_bytes');
  });
});
