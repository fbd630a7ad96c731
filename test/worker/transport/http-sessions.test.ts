/** What a session is over HTTP: what it is asked, told of, and how it ends. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import {
  begin,
  callOf,
  eventsOf,
  LEGACY,
  modernCallOf,
  modernHeaders,
  modernRequest,
  nextOf,
  post,
  serveMcp,
} from './mcp-served.ts';
import { gate, OFFERED } from './mcp-tools.ts';

suite('a question', () => {
  test('goes over the stream of its call in the legacy era, and its answer is posted', async () => {
    await using served = await serveMcp(OFFERED);
    const headers = await begin(served.url);
    const events = eventsOf(await post(served.url, callOf('asks-name'), headers));
    await nextOf(events);
    const { id, method } = JSON.parse((await nextOf(events)).data);
    assert.equal(method, 'elicitation/create');
    const result = { action: 'accept', content: { name: 'Ann' } };
    assert.equal((await post(served.url, { jsonrpc: '2.0', id, result }, headers)).status, 202);
    assert.match((await nextOf(events)).data, /Hello, Ann/);
  });

  test("is not answered by another's session", async () => {
    await using served = await serveMcp(OFFERED);
    const [ours, theirs] = [await begin(served.url), await begin(served.url)];
    const events = eventsOf(await post(served.url, callOf('asks-name'), ours));
    await nextOf(events);
    const { id } = JSON.parse((await nextOf(events)).data);
    const answer = (name: string): object => ({
      jsonrpc: '2.0',
      id,
      result: { action: 'accept', content: { name } },
    });
    assert.equal((await post(served.url, answer('Eve'), theirs)).status, 202);
    assert.equal((await post(served.url, answer('Ann'), ours)).status, 202);
    assert.match((await nextOf(events)).data, /Hello, Ann/);
  });

  test('is the result in the modern era, and its answer comes with the next request', async () => {
    await using served = await serveMcp(OFFERED);
    const headers = modernHeaders('tools/call', 'asks-name');
    const meta = { 'io.modelcontextprotocol/clientCapabilities': { elicitation: {} } };
    const asked = await post(served.url, modernCallOf('asks-name', {}, meta), headers);
    const { result } = JSON.parse(await asked.text());
    assert.equal(result.resultType, 'input_required');
    const { requestState } = result;
    const inputResponses = { name: { action: 'accept', content: { name: 'Ann' } } };
    const answered = await post(
      served.url,
      modernCallOf('asks-name', { inputResponses, requestState }, meta),
      headers,
    );
    assert.match(await answered.text(), /Hello, Ann/);
  });
});

suite('the stream of a session', () => {
  const STREAM = { accept: 'text/event-stream' };

  test('tells of changes, and of those resources that were subscribed to', async () => {
    await using served = await serveMcp(OFFERED);
    const headers = await begin(served.url);
    const events = eventsOf(await fetch(served.url, { headers: { ...headers, ...STREAM } }));
    assert.equal((await nextOf(events)).data, '');
    await served.changes.announce({ resource: 'test://note' });
    const subscribe = {
      jsonrpc: '2.0',
      id: 1,
      method: 'resources/subscribe',
      params: { uri: 'test://note' },
    };
    await post(served.url, subscribe, headers);
    await served.changes.announce({ resource: 'test://other' });
    await served.changes.announce({ list: 'tools' });
    await served.changes.announce({ resource: 'test://note' });
    const told = [JSON.parse((await nextOf(events)).data), JSON.parse((await nextOf(events)).data)];
    assert.deepEqual(told, [
      { jsonrpc: '2.0', method: 'notifications/tools/list_changed', params: {} },
      { jsonrpc: '2.0', method: 'notifications/resources/updated', params: { uri: 'test://note' } },
    ]);
  });

  test('is one at a time', async () => {
    await using served = await serveMcp(OFFERED);
    const headers = { ...(await begin(served.url)), ...STREAM };
    const controller = new AbortController();
    const first = await fetch(served.url, { headers, signal: controller.signal });
    assert.equal((await fetch(served.url, { headers })).status, 409);
    controller.abort();
    await assert.rejects(first.text());
  });

  test('is taken over by who comes back to it', async () => {
    await using served = await serveMcp(OFFERED);
    const headers = { ...(await begin(served.url)), ...STREAM };
    const first = eventsOf(await fetch(served.url, { headers }));
    const { id = '' } = await nextOf(first);
    const again = await fetch(served.url, { headers: { ...headers, 'last-event-id': id } });
    assert.equal(again.status, 200);
    assert.equal((await first.next()).done, true);
    await again.body?.cancel();
  });

  test('is the newest one where a stream has no place to come back to', async () => {
    await using served = await serveMcp(OFFERED);
    const headers = { ...(await begin(served.url, '2025-06-18')), ...STREAM };
    const first = await fetch(served.url, { headers });
    const second = await fetch(served.url, { headers });
    assert.deepEqual([first.status, second.status, await first.text()], [200, 200, '']);
    await second.body?.cancel();
  });

  test('ends with the session', async () => {
    await using served = await serveMcp(OFFERED);
    const headers = await begin(served.url);
    const events = eventsOf(await fetch(served.url, { headers: { ...headers, ...STREAM } }));
    await nextOf(events);
    assert.equal((await fetch(served.url, { method: 'DELETE', headers })).status, 204);
    assert.equal((await events.next()).done, true);
  });
});

suite('draining', () => {
  test('ends the streams that wait for changes, and answers those who listen', async () => {
    await using served = await serveMcp(OFFERED);
    const headers = await begin(served.url);
    const stream = eventsOf(
      await fetch(served.url, { headers: { ...headers, accept: 'text/event-stream' } }),
    );
    await nextOf(stream);
    const listen = modernRequest('subscriptions/listen', {
      notifications: { toolsListChanged: true },
    });
    const listening = eventsOf(
      await post(served.url, listen, modernHeaders('subscriptions/listen')),
    );
    assert.match((await nextOf(listening)).data, /acknowledged/);
    assert.equal(
      await served.transport.drain({ restarts: false, deadline: AbortSignal.timeout(5_000) }),
      0,
    );
    assert.equal((await stream.next()).done, true);
    const { id, result } = JSON.parse((await nextOf(listening)).data);
    assert.equal(id, 1);
    assert.equal(result.resultType, 'complete');
    assert.equal((await listening.next()).done, true);
  });

  test('waits for what runs, and cuts it off at the deadline', async () => {
    const { tool, began } = gate();
    await using served = await serveMcp({ tools: [tool] });
    const call = post(served.url, callOf('gate'), await begin(served.url));
    await began;
    const deadline = new AbortController();
    const drained = served.transport.drain({ restarts: false, deadline: deadline.signal });
    assert.equal((await post(served.url, callOf('gate'), LEGACY)).status, 503);
    deadline.abort();
    assert.equal(await drained, 1);
    await (await call).text();
  });
});

suite('a server that stops', () => {
  test('still takes the answer that a call waits for', async () => {
    await using served = await serveMcp(OFFERED);
    const headers = await begin(served.url);
    const events = eventsOf(await post(served.url, callOf('asks-name'), headers));
    await nextOf(events);
    const { id } = JSON.parse((await nextOf(events)).data);
    const deadline = AbortSignal.timeout(5_000);
    const drained = served.transport.drain({ restarts: false, deadline });
    const result = { action: 'accept', content: { name: 'Ann' } };
    assert.equal((await post(served.url, { jsonrpc: '2.0', id, result }, headers)).status, 202);
    assert.match((await nextOf(events)).data, /Hello, Ann/);
    await events.return(undefined);
    assert.equal(await drained, 0);
  });
});

suite('a page of an origin that is allowed', () => {
  const origin = 'https://ours.example';

  test('may read the answers, and the id of its session', async () => {
    await using served = await serveMcp(OFFERED);
    const response = await post(
      served.url,
      { jsonrpc: '2.0', id: 1, method: 'ping' },
      { ...LEGACY, origin },
    );
    assert.equal(response.headers.get('access-control-allow-origin'), origin);
    assert.match(response.headers.get('access-control-expose-headers') ?? '', /mcp-session-id/);
    assert.equal(response.headers.get('vary'), 'origin');
  });

  test('is told before it asks what it may send', async () => {
    await using served = await serveMcp(OFFERED);
    const response = await fetch(served.url, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-headers': 'mcp-param-region' },
    });
    assert.equal(response.status, 204);
    assert.equal(response.headers.get('access-control-allow-headers'), 'mcp-param-region');
    assert.match(response.headers.get('access-control-allow-methods') ?? '', /DELETE/);
  });
});
