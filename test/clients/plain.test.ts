/** Clients without an SDK: each does something that is allowed, and that servers get wrong. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';

import * as ws from 'ws';

import { createDatabase } from '../postgres.ts';
import {
  type Holdfast,
  MISBEHAVING_TOOLS,
  startHoldfast,
  suiteServers,
} from '../process/holdfast.ts';
import { textOf as bodyOf, HttpAgent } from '../process/http-agent.ts';
import { type Frame, modern, PlainClient } from './plain-client.ts';

const FIXTURE = join(import.meta.dirname, '../conformance/fixture');
const OFFERED = join(import.meta.dirname, 'offered');
const MODERN_HEADERS = {
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
  'mcp-protocol-version': '2026-07-28',
  'mcp-method': 'server/discover',
};
const SIMPLE_TEXT = 'This is a simple text response for testing.';
const WATCHED = 'test://watched-resource';
const SUBSCRIPTION = 'io.modelcontextprotocol/subscriptionId';

suite('clients without an SDK', () => {
  let opened: AsyncDisposableStack;
  let holdfast: Holdfast;
  let port: number;
  let url: string;
  before(async () => {
    opened = new AsyncDisposableStack();
    const database = opened.use(await createDatabase());
    holdfast = opened.use(
      startHoldfast({
        env: {
          ...suiteServers(database.url),
          MCP_TOOLS: [FIXTURE, OFFERED, MISBEHAVING_TOOLS].join(','),
          MCP_WORKERS: '1',
        },
      }),
    );
    port = await holdfast.serving;
    url = `ws://127.0.0.1:${port}/mcp`;
  });
  after(() => opened.disposeAsync());

  const open = (protocols: string[] = ['mcp']): Promise<PlainClient> =>
    PlainClient.open(new ws.WebSocket(url, protocols));

  test('one that offers no subprotocol is served, and none is chosen for it', async () => {
    await using client = await open([]);
    assert.equal(client.subprotocol, '');
    await client.initialize(1);
    assert.equal(textOf(await client.call(2, 'test_simple_text')), SIMPLE_TEXT);
  });

  test("Node's own WebSocket, which insists on the subprotocol it offered, gets it", async () => {
    await using client = await PlainClient.open(new WebSocket(url, 'mcp'));
    assert.equal(client.subprotocol, 'mcp');
    await client.initialize(1);
    assert.equal(textOf(await client.call(2, 'test_simple_text')), SIMPLE_TEXT);
  });

  test("Node's own WebSocket is served without a subprotocol, too", async () => {
    await using client = await PlainClient.open(new WebSocket(url));
    assert.equal(client.subprotocol, '');
    await client.initialize(1);
  });

  test('one that offers others beside it gets mcp', async () => {
    await using client = await PlainClient.open(new WebSocket(url, ['other', 'mcp']));
    assert.equal(client.subprotocol, 'mcp');
  });

  test('one that offers others only is refused', async () => {
    await assert.rejects(open(['other']), /400/);
  });

  for (const id of [0, -1, Number.MAX_SAFE_INTEGER, '', '0', 'an id of words', '🙂']) {
    test(`one that sends the id ${JSON.stringify(id)} is answered with it`, async () => {
      await using client = await open();
      const { result } = await client.initialize(id);
      assert.equal(result?.protocolVersion, '2025-11-25');
      assert.equal(textOf(await client.call(id, 'test_simple_text')), SIMPLE_TEXT);
      const { error } = await client.ask(id, 'no/such/method');
      assert.equal(error?.code, -32601);
      assert.ok(await client.ask(id, 'server/discover', modern()));
    });

    test(`one that sends the id ${JSON.stringify(id)} over HTTP is answered with it`, async () => {
      const agent = await HttpAgent.begin(port);
      const legacy = await bodyOf(await agent.post({ id, method: 'ping' }));
      assert.deepEqual(JSON.parse(legacy), { jsonrpc: '2.0', id, result: {} });
      await agent.end();
      const params = modern();
      const response = await fetch(`http://127.0.0.1:${port}/mcp`, {
        method: 'POST',
        headers: MODERN_HEADERS,
        body: JSON.stringify({ jsonrpc: '2.0', id, method: 'server/discover', params }),
      });
      const newer: Frame = JSON.parse(await response.text());
      assert.equal(newer.id, id);
      assert.equal(newer.result?.resultType, 'complete');
    });

    test(`one cancels the request with the id ${JSON.stringify(id)} alone`, async (t) => {
      await using client = await open();
      await client.initialize('first');
      const ticket = randomUUID();
      const begin = (of: string | number): Promise<Frame> => {
        client.say({ id: of, ...waits(of, `${ticket}${of}`) });
        return client.waitFor(({ params }) => params?.progressToken === of);
      };
      const isGivenUp = (of: string | number): boolean =>
        holdfast.log().some((line) => line.ticket === `${ticket}${of}`);
      await begin(id);
      await begin('another');
      client.say({ method: 'notifications/cancelled', params: { requestId: id } });
      await t.waitFor(() => {
        assert.ok(isGivenUp(id));
      });
      assert.ok(!isGivenUp('another'));
      await client.ask('last', 'ping');
      assert.deepEqual(client.frames, []);
    });
  }

  test('one that has 1 and "1" in flight gets two answers', async () => {
    await using client = await open();
    await client.initialize(0);
    const answers = await Promise.all([
      client.call(1, 'test_x_mcp_header', { region: 'number' }),
      client.call('1', 'test_x_mcp_header', { region: 'text' }),
    ]);
    assert.deepEqual(answers.map(textOf), ['region=number', 'region=text']);
  });

  test('one has ids of its own, which the questions of the server are not mixed up with', async () => {
    await using client = await open();
    await client.initialize(0);
    client.say({ id: '1', ...calls('test_elicitation', { message: 'Who?' }) });
    const { id } = await client.waitFor(({ method }) => method === 'elicitation/create');
    // The id that the server asks with is the client's to use as well.
    assert.equal(typeof id, 'string');
    assert.ok(await client.ask(String(id) === '1' ? 2 : String(id), 'ping'));
    client.say({ id, result: { action: 'cancel' } });
    const answer = await client.answerTo('1');
    assert.equal(textOf(answer), 'User response: action=cancel, content={}');
  });

  test('one speaks both eras over one socket, by turns', async () => {
    await using client = await open();
    const early = await client.ask('early', 'tools/list');
    assert.equal(early.error?.code, -32602);
    const modernList = await client.ask('modern', 'tools/list', modern());
    assert.equal(modernList.result?.resultType, 'complete');
    await client.initialize('hello');
    const legacyList = await client.ask('legacy', 'tools/list');
    assert.ok(legacyList.result);
    assert.equal('resultType' in legacyList.result, false);
    assert.equal('ttlMs' in legacyList.result, false);
    const again = await client.ask('modern', 'tools/list', modern());
    assert.deepEqual(again, modernList);
  });

  test('one gets each error in the words of the era that it asked in', async () => {
    await using client = await open();
    await client.initialize(0);
    const uri = 'test://nowhere';
    const legacy = await client.ask(1, 'resources/read', { uri });
    assert.deepEqual([legacy.error?.code, legacy.error?.data], [-32002, { uri }]);
    const newer = await client.ask(2, 'resources/read', modern({ uri }));
    assert.deepEqual([newer.error?.code, newer.error?.data], [-32602, { uri }]);
    assert.deepEqual((await client.ask(3, 'ping')).result, {});
    assert.equal((await client.ask(4, 'ping', modern())).error?.code, -32601);
    assert.equal((await client.ask(5, 'server/discover')).error?.code, -32601);
    const { error } = await client.ask(6, 'initialize', modern());
    assert.equal(error?.code, -32601);
  });

  test('one has one space of ids, whatever the era', async () => {
    await using client = await open();
    await client.initialize(0);
    client.say({ id: 7, ...waits('begun', 'seventh') });
    await client.waitFor(({ params }) => params?.progressToken === 'begun');
    const { error } = await client.ask(7, 'tools/list', modern());
    assert.equal(error?.code, -32600);
  });

  test('one that is asked in one era is given a result in the other', async () => {
    await using client = await open();
    await client.initialize(0);
    const given = { name: 'test_elicitation', arguments: { message: 'Who?' } };
    client.say({ id: 'legacy', method: 'tools/call', params: given });
    const asked = await client.waitFor(({ method }) => method === 'elicitation/create');
    const able = { 'io.modelcontextprotocol/clientCapabilities': { elicitation: {} } };
    const { result } = await client.ask('modern', 'tools/call', modern(given, able));
    assert.equal(result?.resultType, 'input_required');
    client.say({ id: asked.id, result: { action: 'decline' } });
    const answer = await client.answerTo('legacy');
    assert.equal(textOf(answer), 'User response: action=decline, content={}');
  });

  test('one is told of a change once in each era, where it asked in both', async () => {
    await using client = await open();
    await client.initialize(0);
    await client.ask(1, 'resources/subscribe', { uri: WATCHED });
    const notifications = { resourceSubscriptions: [WATCHED] };
    client.say({ id: '', method: 'subscriptions/listen', params: modern({ notifications }) });
    await client.waitFor(({ method }) => method === 'notifications/subscriptions/acknowledged');
    await client.call(2, 'announces_update', { uri: WATCHED });
    await client.waitFor((frame) => isUpdate(frame, undefined));
    await client.waitFor((frame) => isUpdate(frame, ''));

    client.say({ method: 'notifications/cancelled', params: { requestId: '' } });
    await client.call(3, 'announces_update', { uri: WATCHED });
    await client.waitFor((frame) => isUpdate(frame, undefined));
    await client.ask(4, 'ping');
    assert.deepEqual(client.frames, []);
  });
});

function calls(name: string, given: object) {
  return { method: 'tools/call', params: { name, arguments: given } };
}

/** A call that says it has begun, and goes on until it is given up. */
function waits(progressToken: string | number, ticket: string) {
  const given = { ticket };
  const params = { name: 'waits_to_be_given_up', arguments: given, _meta: { progressToken } };
  return { method: 'tools/call', params };
}

/** Whether a resource is said to have changed: to a subscription, or to who is of the legacy era. */
function isUpdate({ method, params }: Frame, subscription: string | undefined): boolean {
  const { _meta: meta } = params ?? {};
  const isMeta = typeof meta === 'object' && meta !== null && SUBSCRIPTION in meta;
  const of = isMeta ? meta[SUBSCRIPTION] : undefined;
  return method === 'notifications/resources/updated' && of === subscription;
}

function textOf({ result }: Frame): unknown {
  const { content } = result ?? {};
  const [piece]: readonly { readonly text?: unknown }[] = Array.isArray(content) ? content : [];
  return piece?.text;
}
