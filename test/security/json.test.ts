/** What JSON can do to a server before anything in it is looked at. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { z } from 'zod';

import { defineTool } from '../../src/worker/tools/tool.ts';
import { quickest } from '../support/quickest.ts';
import { HELLO } from '../worker/methods/conversation.ts';
import { openPeer, requestOf } from '../worker/protocol/open-peer.ts';
import { Agent } from '../worker/transport/agent.ts';
import {
  begin,
  modernHeaders,
  modernRequest,
  post,
  serveMcp,
} from '../worker/transport/mcp-served.ts';

const MIB = 1_048_576;
const NEXT = modernHeaders('tools/call', 'keeps');
const million = Array.from({ length: 1_000_000 }, (_, at) => at);

/** What is large once it is parsed, each as the params of a request. */
const LARGE: Readonly<Record<string, string>> = {
  'nested 10,000 deep': '['.repeat(10_000) + ']'.repeat(10_000),
  'an array of 1,000,000 elements': `[${million.map(() => 0).join()}]`,
  'an object of 1,000,000 keys': `{${million.map((at) => `"${at}":0`).join()}}`,
};

const framed = (value: string): string =>
  `{"jsonrpc":"2.0","id":1,"method":"ping","params":{"given":${value}}}`;

suite('JSON that is', () => {
  for (const [what, value] of Object.entries(LARGE)) {
    test(`${what} is refused before it is parsed, in 100 ms and 50 MB (S21)`, async () => {
      const { peer, sent } = openPeer({}, 8);
      const text = framed(value);
      const before = process.memoryUsage.rss();
      await peer.receive(text);
      const tookBytes = process.memoryUsage.rss() - before;
      const tookMs = await quickest(() => openPeer({}, 8).peer.receive(text));
      assert.ok(tookMs <= 100, `${tookMs} ms`);
      assert.ok(tookBytes < 50 * MIB, `${tookBytes} bytes`);
      assert.match(JSON.stringify(sent), /"code":-32600,"message":"JSON may be /);
    });

    test(`${what} is refused over both transports with -32600, as a message, an answer and in a batch (S21)`, async () => {
      await using served = await serveMcp({}, { bodyBytesMax: 16 * MIB });
      using agent = await Agent.connect(served.port);
      for (const text of [
        framed(value),
        `{"jsonrpc":"2.0","id":1,"result":{"given":${value}}}`,
        `[${framed(value)}]`,
      ]) {
        const before = agent.got.length;
        agent.ws.send(text);
        // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
        const answer = await post(served.url, text);
        assert.equal(answer.status, 400);
        // oxlint-disable-next-line no-await-in-loop -- see above
        assert.match(await answer.text(), /"code":-32600,"message":"JSON may be /);
        // oxlint-disable-next-line no-await-in-loop -- see above
        assert.deepEqual((await agent.ask(`${before}`, 'ping')).result, {});
        assert.equal(agent.got[before]?.error?.code, -32600);
      }
    });
  }
});

suite('a batch', () => {
  test('of 101 is refused as a whole, and any in the modern era (S20)', async () => {
    let runs = 0;
    const counts = defineTool({
      name: 'counts',
      description: 'Counts its calls',
      run: async () => `${(runs += 1)}`,
    });
    await using served = await serveMcp({ tools: [counts] });
    const headers = await begin(served.url, '2025-03-26');
    for (const [size, status] of [
      [101, 400],
      [100, 200],
    ] as const) {
      const batch = Array.from({ length: size }, (_, id) => {
        return requestOf(id, 'tools/call', { name: 'counts' });
      });
      // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
      const answer = await post(served.url, batch, headers);
      assert.equal(answer.status, status);
      // oxlint-disable-next-line no-await-in-loop -- see above
      const text = await answer.text();
      assert.equal(runs > 0, size === 100);
      if (size > 100) assert.match(text, /"code":-32600/);
    }
    const ran = runs;
    const modern = modernRequest('tools/call', { name: 'counts' });
    const answer = await post(served.url, [modern], modernHeaders('tools/call', 'counts'));
    assert.equal(answer.status, 400);
    assert.match(await answer.text(), /"code":-32600/);
    using agent = await Agent.connect(served.port);
    agent.ws.send(JSON.stringify([modern]));
    assert.deepEqual((await agent.ask(9, 'ping')).result, {});
    assert.equal(agent.got.at(-2)?.error?.code, -32600);
    assert.equal(runs, ran);
  });
});

suite('a key', () => {
  test('__proto__ or constructor in params, _meta and arguments changes nothing (S22)', async () => {
    const keeps = defineTool({
      name: 'keeps',
      description: 'Merges what it was given, as careless code does',
      input: z.looseObject({}),
      run: async (given) => JSON.stringify(Object.assign({}, given)),
    });
    await using served = await serveMcp({ tools: [keeps] });
    using agent = await Agent.connect(served.port);
    await agent.ask(1, 'initialize', HELLO);
    agent.got.length = 0;
    const evil =
      '"__proto__":{"polluted":1,"scopes":"all"},"constructor":{"prototype":{"polluted":1}}';
    const params = `{"name":"keeps","arguments":{${evil}},"_meta":{${evil}},${evil}}`;
    agent.ws.send(`{"jsonrpc":"2.0","id":7,"method":"tools/call","params":${params},${evil}}`);
    await agent.ask(8, 'ping');
    const _meta =
      '"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}';
    const modern = `{"name":"keeps","arguments":{${evil}},"_meta":{${_meta},${evil}},${evil}}`;
    const text = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${modern}}`;
    const answer = await post(served.url, text, NEXT);
    assert.equal(answer.status, 200);
    const answers = [JSON.stringify(agent.got), await answer.text()];
    for (const said of answers) assert.doesNotMatch(said, /"error"/);
    assert.equal('polluted' in {}, false);
    assert.equal('polluted' in Object, false);
  });

  test('in another case, an id that is none, and what is no JSON are refused (S23)', async () => {
    await using served = await serveMcp();
    using agent = await Agent.connect(served.port);
    for (const [text, code] of [
      ['{"jsonrpc":"2.0","id":1,"Method":"ping"}', -32600],
      ['{"JSONRPC":"2.0","id":1,"method":"ping"}', -32600],
      ['{"jsonrpc":"2.0","id":null,"method":"ping"}', -32600],
      ['{"jsonrpc":"2.0","id":1.5,"method":"ping"}', -32600],
      ['{"jsonrpc":"2.0","id":1e400,"method":"ping"}', -32600],
      ['{"jsonrpc":"2.0","id":9007199254740993,"method":"ping"}', -32600],
      ['\uFEFF{"jsonrpc":"2.0","id":1,"method":"ping"}', -32700],
      ['{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":NaN}}', -32700],
      ['{"jsonrpc":"2.0","id":1,"method":"ping"}x', -32700],
      ['{"jsonrpc":"2.0","id":1,"method":"ping"}{}', -32700],
    ] as const) {
      const before = agent.got.length;
      agent.ws.send(text);
      // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
      await agent.ask(`${before}`, 'ping');
      assert.equal(agent.got[before]?.error?.code, code, text);
      // oxlint-disable-next-line no-await-in-loop -- see above
      const answer = await post(served.url, text);
      assert.equal(answer.status, 400);
      // oxlint-disable-next-line no-await-in-loop -- see above
      assert.match(await answer.text(), new RegExp(`"code":${code}`), text);
    }
  });
});
