/** What becomes of requests whose connection does something unusual. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { connect, Socket } from 'node:net';
import { suite, test } from 'node:test';

import { defineTool } from '../../../src/worker/tools/tool.ts';
import {
  modernCallOf,
  modernHeaders,
  modernRequest,
  type ServedMcp,
  serveMcp,
} from './mcp-served.ts';
import { OFFERED } from './mcp-tools.ts';

/** Requests on one connection, each behind the other (pipelining). */
const MANY = 5;

/** How long Caddy keeps a connection on which nothing is asked. Others keep theirs for a minute. */
const BALANCER_MS = 120_000;

/** A request as it is written on a connection. */
function written(body: object, headers: Readonly<Record<string, string>>): string {
  const text = JSON.stringify(body);
  const lines = Object.entries({ host: 'localhost', 'content-length': text.length, ...headers });
  const head = lines.map(([name, value]) => `${name}: ${value}`).join('\r\n');
  return `POST /mcp HTTP/1.1\r\n${head}\r\n\r\n${text}`;
}

/** Asks over a connection that is kept. */
async function ask({ port }: ServedMcp, agent: Agent): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const headers = modernHeaders('tools/list');
  const options = { host: '127.0.0.1', port, path: '/mcp', method: 'POST', agent, headers };
  request(options, resolve)
    .on('error', reject)
    .end(JSON.stringify(modernRequest('tools/list')));
  const response = await promise;
  await response.toArray();
  return response;
}

suite('a connection', () => {
  test('that is gone leaves none of the requests open that waited on it behind each other', async (t) => {
    await using served = await serveMcp(OFFERED);
    const socket = connect(served.port, '127.0.0.1');
    await once(socket, 'connect');
    const listen = modernRequest('subscriptions/listen', { notifications: {} });
    socket.write(written(listen, modernHeaders('subscriptions/listen')).repeat(MANY));
    await t.waitFor(() => {
      assert.equal(served.size(), MANY);
    });
    socket.destroy();
    await t.waitFor(() => {
      assert.equal(served.size(), 0);
    });
    assert.equal(
      await served.transport.drain({ restarts: false, deadline: AbortSignal.timeout(1_000) }),
      0,
    );
  });

  test('over which nothing is read is broken off before what waits for it fills our memory', async (t) => {
    const flooded = Promise.withResolvers<void>();
    const floods = defineTool({
      name: 'floods',
      description: 'Says more than anybody reads, and waits for nobody',
      run: async (_given, { message, signal }) => {
        const data = 'x'.repeat(1_000_000);
        for (let count = 0; count < 100; count += 1) void message('info', data);
        await once(signal, 'abort');
        flooded.resolve();
        return 'never';
      },
    });
    await using served = await serveMcp({ tools: [floods] });
    const socket = connect(served.port, '127.0.0.1').pause();
    socket.on('error', () => undefined);
    const meta = { 'io.modelcontextprotocol/logLevel': 'info' };
    socket.write(written(modernCallOf('floods', {}, meta), modernHeaders('tools/call', 'floods')));
    await flooded.promise;
    await t.waitFor(() => {
      assert.equal(served.size(), 0);
    });
    socket.destroy();
  });

  test('over which a body is still on its way is waited for', async () => {
    await using served = await serveMcp(OFFERED);
    const whole = written(modernRequest('tools/list'), modernHeaders('tools/list'));
    const socket = connect(served.port, '127.0.0.1');
    socket.write(whole.slice(0, -10));
    await once(socket, 'connect');
    const answer = once(socket, 'data');
    const isOpen = async (): Promise<void> => {
      while (served.size() === 0) await new Promise((resolve) => setImmediate(resolve));
    };
    await isOpen();
    const drained = served.transport.drain({
      restarts: true,
      deadline: AbortSignal.timeout(5_000),
    });
    socket.write(whole.slice(-10));
    const [said] = await answer;
    assert.match(String(said), /^HTTP\/1\.1 200 OK/);
    assert.equal(await drained, 0);
    socket.destroy();
  });

  test('of somebody who was let in is kept for longer than by those before us, between requests too', async (t) => {
    await using served = await serveMcp(OFFERED);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const setTimeout = t.mock.method(Socket.prototype, 'setTimeout');
    const response = await ask(served, agent);
    await ask(served, agent);
    agent.destroy();
    assert.equal(response.headers['keep-alive'], undefined);
    const longer = setTimeout.mock.calls.filter(({ arguments: [ms] }) => ms > BALANCER_MS);
    assert.equal(longer.length, 1);
  });

  test('that is kept is served while we restart, and not while we stop', async () => {
    for (const restarts of [true, false]) {
      await using served = await serveMcp(OFFERED);
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      assert.equal((await ask(served, agent)).statusCode, 200);
      const draining = served.transport.drain({ restarts, deadline: AbortSignal.timeout(1_000) });
      assert.equal((await ask(served, agent)).statusCode, restarts ? 200 : 503);
      await draining;
      agent.destroy();
    }
  });
});
