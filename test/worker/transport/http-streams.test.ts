/** What a POST is answered with, and what becomes of a stream that breaks off. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { defineTool } from '../../../src/worker/tools/tool.ts';
import {
  begin,
  callOf,
  eventsOf,
  modernCallOf,
  modernHeaders,
  modernRequest,
  OPEN_MAX,
  post,
  type SeenEvent,
  serveMcp,
} from './mcp-served.ts';
import { gate, OFFERED } from './mcp-tools.ts';

async function all(response: Response): Promise<SeenEvent[]> {
  return Array.fromAsync(eventsOf(response));
}

/** What a stream says, without what only keeps a place in it. */
async function saidBy(response: Response): Promise<{ readonly [field: string]: unknown }[]> {
  return (await all(response))
    .filter(({ data }) => data !== '')
    .map(({ data }) => JSON.parse(data));
}

suite('an answer', () => {
  test('is one JSON if nothing was said before', async () => {
    await using served = await serveMcp(OFFERED);
    const response = await post(served.url, callOf('counts'), await begin(served.url));
    assert.equal(response.headers.get('content-type'), 'application/json');
  });

  test('ends a stream if something was', async () => {
    await using served = await serveMcp(OFFERED);
    const headers = modernHeaders('tools/call', 'counts');
    const response = await post(
      served.url,
      modernCallOf('counts', {}, { progressToken: 'p' }),
      headers,
    );
    assert.equal(response.headers.get('content-type'), 'text/event-stream');
    assert.equal(response.headers.get('x-accel-buffering'), 'no');
    const events = await all(response);
    assert.deepEqual(
      events.map(({ id, data }) => [id, JSON.parse(data).method]),
      [
        [undefined, 'notifications/progress'],
        [undefined, 'notifications/progress'],
        [undefined, undefined],
      ],
    );
  });

  test('of the legacy era is on a stream that can be taken up from its beginning', async () => {
    await using served = await serveMcp(OFFERED);
    const headers = await begin(served.url);
    const events = await all(
      await post(served.url, callOf('counts', 1, { progressToken: 7 }), headers),
    );
    const [first, ...rest] = events;
    assert.equal(first?.data, '');
    assert.equal(first.retry, '500');
    assert.ok(events.every(({ id }) => id !== undefined));
    assert.equal(new Set(events.map(({ id }) => id)).size, events.length);
    assert.equal(rest.length, 3);
  });

  test('of an older revision is on a stream without an empty event, which its clients do not know', async () => {
    await using served = await serveMcp(OFFERED);
    const headers = await begin(served.url, '2025-06-18');
    const events = await all(
      await post(served.url, callOf('counts', 1, { progressToken: 7 }), headers),
    );
    assert.ok(events.every(({ data }) => data !== ''));
  });

  test('to a batch is an array', async () => {
    await using served = await serveMcp(OFFERED);
    const headers = await begin(served.url, '2025-03-26');
    const batch = [
      callOf('counts', 1),
      { jsonrpc: '2.0', method: 'notifications/x' },
      callOf('counts', 2),
    ];
    const answers: { id: number }[] = JSON.parse(
      await (await post(served.url, batch, headers)).text(),
    );
    assert.deepEqual(new Set(answers.map(({ id }) => id)), new Set([1, 2]));
  });

  test('to a batch of which one says something before is a stream that answers all', async () => {
    await using served = await serveMcp(OFFERED);
    const headers = await begin(served.url, '2025-03-26');
    const batch = [callOf('counts', 1), callOf('counts', 2, { progressToken: 'p' })];
    const said = await saidBy(await post(served.url, batch, headers));
    const answered = said.filter(({ id }) => id !== undefined).map(({ id }) => id);
    assert.deepEqual(new Set(answered), new Set([1, 2]));
  });
});

suite('a stream that breaks off', () => {
  test('is taken up again where it was, and brings each message once', async () => {
    const { tool, began, open } = gate();
    await using served = await serveMcp({ tools: [tool] });
    const headers = await begin(served.url);
    const first = await all(
      await post(served.url, callOf('gate', 'g', { progressToken: 1 }), headers),
    );
    await began;
    const place = first.at(-1)?.id ?? '';
    const again = await fetch(served.url, { headers: { ...headers, 'last-event-id': place } });
    open();
    const said = await saidBy(again);
    assert.deepEqual(
      said.map(({ method, id }) => method ?? id),
      ['notifications/progress', 'g'],
    );
    const fromTheStart = await fetch(served.url, {
      headers: { ...headers, 'last-event-id': first[0]?.id ?? '' },
    });
    assert.equal((await saidBy(fromTheStart)).length, 3);
  });

  test('is taken up however much there is to make up for', async () => {
    const messages = 20;
    const data = 'x'.repeat(1_048_576);
    const talks = defineTool({
      name: 'talks',
      description: 'Says more than a stream lets wait',
      run: async (_given, { message, release }) => {
        await message('info', 'first');
        await release();
        for (let count = 0; count < messages; count += 1) await message('info', data);
        return 'said';
      },
    });
    await using served = await serveMcp({ tools: [talks] });
    const headers = await begin(served.url);
    const [first] = await all(await post(served.url, callOf('talks'), headers));
    const again = await fetch(served.url, {
      headers: { ...headers, 'last-event-id': first?.id ?? '' },
    });
    assert.equal((await saidBy(again)).length, messages + 2);
  });

  test("is of one session, and another's place in it leads nowhere", async () => {
    const { tool, began, open } = gate();
    await using served = await serveMcp({ tools: [tool] });
    const [ours, theirs] = [await begin(served.url), await begin(served.url)];
    const [first] = await all(await post(served.url, callOf('gate'), ours));
    await began;
    open();
    const elsewhere = await fetch(served.url, {
      headers: { ...theirs, 'last-event-id': first?.id ?? '' },
    });
    assert.equal((await fetch(served.url, { method: 'DELETE', headers: theirs })).status, 204);
    assert.deepEqual(await all(elsewhere), []);
  });

  test('of a call that was cancelled, or of none that is known, ends when it is taken up', async () => {
    const { tool, began } = gate();
    await using served = await serveMcp({ tools: [tool] });
    const headers = await begin(served.url);
    const [first] = await all(await post(served.url, callOf('gate', 'g'), headers));
    await began;
    const cancel = { method: 'notifications/cancelled', params: { requestId: 'g' } };
    assert.equal((await post(served.url, { jsonrpc: '2.0', ...cancel }, headers)).status, 202);
    for (const place of [first?.id ?? '', 'only-99_0', 'only-99_1-0']) {
      const again = await fetch(served.url, { headers: { ...headers, 'last-event-id': place } });
      assert.deepEqual(await all(again), []);
    }
  });

  test('cancels its call in the modern era', async () => {
    const { tool, began, givenUp } = gate();
    await using served = await serveMcp({ tools: [tool] });
    const controller = new AbortController();
    const call = fetch(served.url, {
      method: 'POST',
      headers: modernHeaders('tools/call', 'gate'),
      body: JSON.stringify(modernCallOf('gate', {}, { progressToken: 1 })),
      signal: controller.signal,
    }).then((response) => response.text());
    const broken = assert.rejects(call);
    await began;
    controller.abort();
    await Promise.all([broken, givenUp]);
  });

  test('cancels nothing in the legacy era, where a notification does', async () => {
    const { tool, began, givenUp } = gate();
    await using served = await serveMcp({ tools: [tool] });
    const headers = await begin(served.url);
    let isGivenUp = false;
    void givenUp.then(() => (isGivenUp = true));
    const controller = new AbortController();
    const body = JSON.stringify(callOf('gate', 'g', { progressToken: 1 }));
    const call = fetch(served.url, { method: 'POST', headers, body, signal: controller.signal });
    await began;
    await call;
    controller.abort();
    assert.equal(
      (await post(served.url, { jsonrpc: '2.0', id: 2, method: 'ping' }, headers)).status,
      200,
    );
    assert.equal(isGivenUp, false);
    const cancel = {
      jsonrpc: '2.0',
      method: 'notifications/cancelled',
      params: { requestId: 'g' },
    };
    assert.equal((await post(served.url, cancel, headers)).status, 202);
    await givenUp;
  });
});

suite('requests that are open', () => {
  test('are bounded, and one more is refused with 503', async () => {
    await using served = await serveMcp(OFFERED);
    const { url } = served;
    const headers = modernHeaders('subscriptions/listen');
    const listen = modernRequest('subscriptions/listen', { notifications: {} });
    const streams = await Promise.all(
      Array.from({ length: OPEN_MAX }, async () => eventsOf(await post(url, listen, headers))),
    );
    await Promise.all(streams.map((events) => events.next()));
    const refused = await post(url, modernRequest('tools/list'), modernHeaders('tools/list'));
    assert.equal(refused.status, 503);
    assert.equal(refused.headers.get('retry-after'), '1');
    const [first] = streams;
    await first?.return(undefined);
    let status = 503;
    while (status === 503) {
      const { status: next } = await post(
        url,
        modernRequest('tools/list'),
        modernHeaders('tools/list'),
      );
      status = next;
    }
    assert.equal(status, 200);
  });
});
