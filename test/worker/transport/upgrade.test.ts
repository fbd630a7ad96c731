import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { Failure } from '../../../src/shared/errors.ts';
import { Agent } from './agent.ts';
import { knock, serve } from './served.ts';

suite('an upgrade', () => {
  for (const path of ['/mcp', '/', '/mcp?token=1']) {
    test(`takes place at ${path}`, async () => {
      await using served = await serve();
      assert.equal((await knock(served.port, path)).status, 101);
    });
  }

  for (const [offered, chosen] of [
    [undefined, undefined],
    ['mcp', 'mcp'],
    ['other, mcp', 'mcp'],
    ['mcp,mcp.v2', 'mcp'],
    ['mcp.auth.c2VjcmV0, mcp', 'mcp'],
    ['mcp.version.2099-01-01, mcp.version.2026-07-28', 'mcp.version.2026-07-28'],
    ['mcp.version.2024-11-05', 'mcp.version.2024-11-05'],
  ] as const) {
    test(`which offers ${offered ?? 'no subprotocol'} settles on ${chosen ?? 'none'}`, async () => {
      await using served = await serve();
      const headers: Record<string, string> =
        offered === undefined ? {} : { 'sec-websocket-protocol': offered };
      const knocked = await knock(served.port, '/mcp', headers);
      assert.equal(knocked.status, 101);
      assert.equal(knocked.headers['sec-websocket-protocol'], chosen);
    });
  }

  for (const [what, path, headers, status] of [
    ['with subprotocols nobody knows', '/mcp', { 'sec-websocket-protocol': 'graphql' }, 400],
    ['of a revision nobody knows', '/mcp', { 'sec-websocket-protocol': 'mcp.version.2' }, 400],
    [
      'with a credential and no subprotocol',
      '/mcp',
      { 'sec-websocket-protocol': 'mcp.auth.c2VjcmV0' },
      400,
    ],
    ['with a subprotocol in capitals', '/mcp', { 'sec-websocket-protocol': 'MCP' }, 400],
    ['to something else', '/', { upgrade: 'h2c' }, 426],
    ['without a key', '/mcp', { 'sec-websocket-key': '' }, 400],
    ['elsewhere', '/other', {}, 404],
    ['below', '/mcp/', {}, 404],
    ['of a page of a foreign origin', '/mcp', { origin: 'https://evil.example' }, 403],
    ['of a foreign page to elsewhere', '/other', { origin: 'https://evil.example' }, 403],
  ] as const) {
    test(`${what} is refused with ${status}`, async () => {
      await using served = await serve();
      assert.equal((await knock(served.port, path, headers)).status, status);
    });
  }

  test('of a page of an origin that is let in takes place', async () => {
    await using served = await serve();
    const knocked = await knock(served.port, '/mcp', { origin: 'https://ours.example' });
    assert.equal(knocked.status, 101);
  });

  test('is refused in problem details, and the connection closed', async () => {
    await using served = await serve();
    const knocked = await knock(served.port, '/other');
    assert.equal(knocked.headers['content-type'], 'application/problem+json');
    assert.equal(knocked.headers.connection, 'close');
    assert.deepEqual(JSON.parse(knocked.body), {
      type: 'about:blank',
      title: 'Not Found',
      status: 404,
      detail: 'There is nothing here',
    });
  });
});

suite('who asks for an upgrade', () => {
  for (const [code, status] of [
    ['unauthorized', 401],
    ['forbidden', 403],
  ] as const) {
    test(`and is ${code} is refused with ${status} and told why`, async () => {
      await using served = await serve({
        authenticate: () => Promise.reject(new Failure(code, 'Not you')),
      });
      const knocked = await knock(served.port);
      assert.equal(knocked.status, status);
      assert.match(knocked.body, /Not you/);
      assert.deepEqual(served.lines, []);
    });
  }

  test('and meets a bug is refused with 500, its text is logged and withheld', async () => {
    await using served = await serve({
      authenticate: () => Promise.reject(new Error('password=hunter2')),
    });
    const knocked = await knock(served.port);
    assert.equal(knocked.status, 500);
    assert.doesNotMatch(knocked.body, /hunter2/);
    assert.deepEqual(
      served.lines.map(({ level }) => level),
      ['error'],
    );
  });

  test('and goes away before we know costs nothing', async (t) => {
    const known = Promise.withResolvers<string>();
    await using served = await serve({ authenticate: () => known.promise });
    const knocking = knock(served.port);
    knocking.catch(() => undefined);
    const socket = await t.waitFor(() => {
      const [first] = served.sockets;
      assert.ok(first !== undefined);
      return first;
    });
    socket.destroy();
    await assert.rejects(knocking);
    known.resolve('ann');
    await new Promise(setImmediate);
    assert.deepEqual(served.outlets, []);
    assert.deepEqual(served.lines, []);
  });
});

suite('sockets', () => {
  test('are refused with 503 beyond the most there may be, until one is gone', async (t) => {
    await using served = await serve({ limits: { socketsMax: 2 } });
    using first = await Agent.connect(served.port);
    using second = await Agent.connect(served.port);
    const knocked = await knock(served.port);
    assert.equal(knocked.status, 503);
    assert.equal(knocked.headers['retry-after'], '1');
    assert.deepEqual((await second.ask(1, 'ping')).result, {});
    first.ws.close();
    await first.closed;
    await t.waitFor(async () => {
      assert.equal((await knock(served.port)).status, 101);
    });
  });

  test('are not more than they may be although many wait to be known', async (t) => {
    const known = Promise.withResolvers<string>();
    let asked = 0;
    await using served = await serve({
      limits: { socketsMax: 2 },
      authenticate: () => {
        asked += 1;
        return known.promise;
      },
    });
    let refused = 0;
    const knocking = [1, 2, 3, 4].map(async () => {
      const { status } = await knock(served.port);
      if (status === 503) refused += 1;
      return status;
    });
    await t.waitFor(() => assert.equal(asked + refused, 4));
    known.resolve('ann');
    const statuses = await Promise.all(knocking);
    assert.equal(statuses.filter((status) => status === 101).length, 2);
    assert.equal(statuses.filter((status) => status === 503).length, 2);
  });
});
