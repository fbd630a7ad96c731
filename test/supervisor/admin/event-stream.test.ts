import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { suite, type TestContext, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';

import { EventLog } from '../../../src/supervisor/admin/event-log.ts';
import { streamEvents } from '../../../src/supervisor/admin/event-stream.ts';
import { type Opened, open } from './opened.ts';

interface Stream extends Disposable {
  readonly response: IncomingMessage;
  /** All that came so far. */
  readonly received: () => string;
}

async function stream({ port }: Opened, path: string, headers = {}): Promise<Stream> {
  const asked = get({
    port,
    path,
    headers: { accept: 'text/event-stream', ...headers },
    agent: false,
  });
  const [response]: IncomingMessage[] = await once(asked, 'response');
  assert.ok(response);
  let received = '';
  response.on('data', (chunk) => {
    received += chunk;
  });
  response.on('error', () => undefined);
  return {
    response,
    received: () => received,
    [Symbol.dispose]: () => {
      asked.destroy();
    },
  };
}

const seqsIn = (received: string): number[] =>
  [...received.matchAll(/^id: (\d+)\ndata: \{"seq":(\d+),.*\}\n\n/gm)].map(([, id, seq]) => {
    assert.equal(id, seq);
    return Number(id);
  });

function add(events: EventLog, count: number, reason = ''): void {
  for (let index = 0; index < count; index += 1) {
    events.add({ type: 'state_changed', from: 'RUNNING', to: 'DEGRADED', reason });
  }
}

/** A reader that asks, and then takes nothing. */
async function openSlow(port: number, t: TestContext): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  t.after(() => socket.destroy());
  socket.on('error', () => undefined);
  socket.write(
    'GET /supervisor/events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n',
  );
  await once(socket, 'readable');
  socket.pause();
  return socket;
}

suite('the stream of events', () => {
  test('replays what was missed, then goes on as it happens', async (t) => {
    await using opened = await open();
    add(opened.events, 3);
    using listening = await stream(opened, '/supervisor/events?since=1');
    assert.equal(listening.response.headers['content-type'], 'text/event-stream');
    assert.equal(listening.response.headers['cache-control'], 'no-store');
    add(opened.events, 2);
    await t.waitFor(() => assert.deepEqual(seqsIn(listening.received()), [2, 3, 4, 5]));
  });

  test('goes on where Last-Event-ID says', async (t) => {
    await using opened = await open();
    add(opened.events, 3);
    using listening = await stream(opened, '/supervisor/events', { 'last-event-id': '2' });
    await t.waitFor(() => assert.deepEqual(seqsIn(listening.received()), [3]));
  });

  test('begins anew for whoever comes from an earlier run', async (t) => {
    await using opened = await open();
    add(opened.events, 2);
    using listening = await stream(opened, '/supervisor/events', { 'last-event-id': '1423' });
    add(opened.events, 1);
    await t.waitFor(() => assert.deepEqual(seqsIn(listening.received()), [1, 2, 3]));
  });

  test('says that it lives, beyond the time of other requests', async (t) => {
    await using opened = await open({ times: { requestMs: 50, keepAliveMs: 40 } });
    using listening = await stream(opened, '/supervisor/events');
    await t.waitFor(() => assert.ok(listening.received().split(': alive\n\n').length > 4));
  });

  test('drops a reader whom the log overtakes, and holds nothing for him', async (t) => {
    await using opened = await open();
    const slow = await openSlow(opened.port, t);
    const dropped = () =>
      opened.lines.find(({ message }) => message === 'reader of events dropped');
    const deadline = performance.now() + 10_000;
    // What lies in the kernel's buffers is as good as read, so it takes some megabytes.
    while (dropped() === undefined) {
      assert.ok(performance.now() < deadline, 'still there');
      add(opened.events, 100, 'x'.repeat(1_000));
      await turn();
    }
    assert.deepEqual(dropped()?.fields, { why: 'overtaken' });
    const closed = once(slow, 'close');
    slow.resume();
    await closed;
  });

  test('drops a reader who takes nothing from one keep-alive to the next', async (t) => {
    const events = new EventLog({ redact: (text) => text, now: Date.now });
    const { promise: dropped, resolve: onDropped } = Promise.withResolvers<string>();
    const responses: ServerResponse[] = [];
    const server = createServer((_, response) => {
      responses.push(response);
      streamEvents(response, events, 0, { keepAliveMs: 200, onDropped });
    }).listen(0, '127.0.0.1');
    t.after(() => server.close());
    await once(server, 'listening');
    await openSlow((server.address() as AddressInfo).port, t);
    const deadline = performance.now() + 10_000;
    while (responses[0]?.writableNeedDrain === false) {
      assert.ok(performance.now() < deadline, 'takes everything');
      add(events, 100, 'x'.repeat(1_000));
      await turn();
    }
    assert.equal(await dropped, 'stalled');
  });

  test('is for eight at once: one more is told so, and probes are still answered', async () => {
    await using opened = await open();
    using all = new DisposableStack();
    for (let count = 0; count < 8; count += 1) {
      all.use(await stream(opened, '/supervisor/events'));
    }
    const one = all.use(await stream(opened, '/supervisor/events'));
    assert.equal(one.response.statusCode, 503);
    assert.equal(one.response.headers['retry-after'], '1');
    assert.equal((await fetch(`${opened.url}/livez`)).status, 200);
  });

  test('ends when the endpoint closes', async () => {
    const opened = await open();
    using listening = await stream(opened, '/supervisor/events');
    const ended = once(listening.response, 'end');
    await opened[Symbol.asyncDispose]();
    await ended;
  });
});
