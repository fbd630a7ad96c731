/** What an operator ends is over at once, over either transport; and what sessions sockets have. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { suite, test } from 'node:test';

import { WebSocket } from 'ws';

import { endSessions } from '../../../src/worker/store/administered-sessions.ts';
import { begin, callOf, eventsOf, nextOf, post, type ServedMcp, serveMcp } from './mcp-served.ts';
import { gate, OFFERED } from './mcp-tools.ts';
import { openTwo } from './two-workers.ts';

const INITIALIZE = {
  jsonrpc: '2.0',
  id: 0,
  method: 'initialize',
  params: {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 'agent', version: '1' },
  },
};

/** A socket of an agent, and how it is closed. */
async function connect({ port }: ServedMcp, first: object = INITIALIZE) {
  const ws = new WebSocket(`ws://127.0.0.1:${port}/mcp`, 'mcp');
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    ws.once('close', (code, reason) => {
      resolve({ code, reason: String(reason) });
    });
  });
  await once(ws, 'open');
  const answered = once(ws, 'message');
  ws.send(JSON.stringify(first));
  await answered;
  return { ws, closed };
}

suite('a session that an operator ends', () => {
  test('over HTTP ends its stream, aborts what runs, and is not found any more', async () => {
    const { tool, began, open, givenUp } = gate();
    await using served = await serveMcp({ tools: [tool] });
    const headers = await begin(served.url);
    const get = { headers: { ...headers, accept: 'text/event-stream' } };
    const events = eventsOf(await fetch(served.url, get));
    await nextOf(events);
    const running = post(served.url, callOf(tool.name), headers);
    await began;
    await served.sessions.endByOperator(headers['mcp-session-id'] ?? '');
    await givenUp;
    open();
    assert.equal((await events.next()).done, true);
    assert.equal((await post(served.url, callOf(tool.name, 2), headers)).status, 404);
    await (await running).body?.cancel();
  });

  test('over a WebSocket closes it with 1008 and why, and aborts what runs', async (t) => {
    const { tool, began, open, givenUp } = gate();
    await using served = await serveMcp({ tools: [tool] });
    const { ws, closed } = await connect(served);
    ws.send(JSON.stringify(callOf(tool.name)));
    await began;
    for (const end of served.sockets.open.values()) end('The session was ended by an operator');
    await givenUp;
    open();
    const reason = 'The session was ended by an operator';
    assert.deepEqual(await closed, { code: 1008, reason });
    await t.waitFor(() => assert.deepEqual(served.sockets.ended, ['closed']), { timeout: 5_000 });
    assert.equal(served.sockets.open.size, 0);
  });

  test('over a WebSocket that does not answer its close is let go all the same', async (t) => {
    await using served = await serveMcp(OFFERED);
    const { ws } = await connect(served);
    ws.pause();
    for (const end of served.sockets.open.values()) end('The session was ended by an operator');
    await t.waitFor(() => assert.equal(served.size(), 0), { timeout: 5_000 });
    ws.terminate();
  });
});

suite('all sessions of a principal that an operator ends', () => {
  test('are over within five seconds, whichever worker knows what of them', async () => {
    const { tool, began, open, givenUp } = gate();
    await using two = await openTwo({ tools: [tool] });
    const [{ served: here }, { served: there, flush }] = two.workers;
    const headers = await begin(here.url);
    const running = post(here.url, callOf(tool.name), headers);
    await began;
    const get = { headers: { ...headers, accept: 'text/event-stream' } };
    const events = eventsOf(await fetch(there.url, get));
    await nextOf(events);
    const { closed } = await connect(there);
    await flush();
    const other = await begin(here.url, '2025-11-25', { 'x-who': 'ben' });

    const begun = performance.now();
    assert.equal(await endSessions(two.admin, { principal: 'ann' }), 2);
    await givenUp;
    open();
    assert.equal((await closed).code, 1008);
    assert.equal((await events.next()).done, true);
    assert.ok(performance.now() - begun < 5_000);
    for (const { url } of [here, there]) {
      const ping = { jsonrpc: '2.0', id: 2, method: 'ping' };
      assert.equal((await post(url, ping, headers)).status, 404);
      assert.equal((await post(url, ping, other)).status, 200);
    }
    await (await running).body?.cancel();
  });
});

suite('a socket', () => {
  test('has a session from its handshake on, until it is closed', async (t) => {
    await using served = await serveMcp(OFFERED);
    const { ws } = await connect(served);
    const client = { name: 'agent', version: '1' };
    assert.deepEqual(
      [...served.sockets.open.keys()],
      [{ principal: 'ann', revision: '2025-11-25', client, address: undefined }],
    );
    const again = once(ws, 'message');
    ws.send(JSON.stringify({ ...INITIALIZE, id: 1 }));
    assert.match(String(await again), /initialized already/);
    assert.equal(served.sockets.open.size, 1);
    ws.close();
    await t.waitFor(() => assert.deepEqual(served.sockets.ended, ['closed']), { timeout: 5_000 });
  });

  for (const [what, first] of [
    ['a refused handshake', { ...INITIALIZE, params: {} }],
    ['a ping alone', { jsonrpc: '2.0', id: 1, method: 'ping' }],
  ] as const) {
    test(`has none after ${what}`, async () => {
      await using served = await serveMcp(OFFERED);
      const { ws } = await connect(served, first);
      assert.deepEqual([served.sockets.open.size, served.sockets.ended], [0, []]);
      ws.terminate();
    });
  }
});

test('a refused initialize over HTTP leaves no session, and its answer names none', async () => {
  await using served = await serveMcp(OFFERED);
  for (const params of [
    {},
    { protocolVersion: '2025-11-25', capabilities: {} },
    { protocolVersion: 1, capabilities: {}, clientInfo: { name: 'a', version: '1' } },
  ]) {
    const answer = await post(served.url, { ...INITIALIZE, params });
    assert.equal(answer.headers.get('mcp-session-id'), null);
    assert.match(await answer.text(), /"error"/);
  }
  assert.equal(served.sessions.size, 0);
});
