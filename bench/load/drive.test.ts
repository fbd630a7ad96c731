import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { suite, type TestContext, test } from 'node:test';
import { setImmediate as immediate } from 'node:timers/promises';

import { type Channel, NUMBER_WIDTH } from './channel.ts';
import { Load } from './drive.ts';
import { netChannels } from './net.ts';

const REQUEST = '{"id":999999999}';

/** A server that is handed the requests of each connection as they come. */
async function serverOf(
  t: TestContext,
  serve: (requests: readonly string[], socket: Socket) => void,
): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => serve(bytes.toString().match(/\{.*?\}/g) ?? [], socket));
  });
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function loadOf(
  t: TestContext,
  port: number,
  options: { readonly window: number; readonly check?: (answer: string, number: number) => void },
): Promise<Load> {
  const load = await Load.open({
    connections: 2,
    window: options.window,
    port,
    headers: {},
    open: netChannels({ request: REQUEST, answerBytes: REQUEST.length }),
    check: options.check ?? (() => undefined),
    unansweredMs: 200,
  });
  t.after(() => load.close());
  return load;
}

suite('a load', () => {
  test('takes answers in any order for those of their requests', async (t) => {
    const checked: number[] = [];
    const port = await serverOf(t, (requests, socket) => {
      socket.write(requests.toReversed().join(''));
    });
    const load = await loadOf(t, port, {
      window: 8,
      check: (answer, number) => {
        assert.equal(answer, `{"id":${number}}`);
        checked.push(number);
      },
    });
    const { answers, p50, p99 } = await load.drive(200);
    assert.ok(answers > 128);
    assert.ok(checked.length >= Math.floor(answers / 64) - 1);
    assert.ok(p50 > 0 && p99 >= p50);
  });

  test('fails when an answer is wrong', async (t) => {
    const port = await serverOf(t, (requests, socket) => {
      socket.write(requests.join(''));
    });
    const load = await loadOf(t, port, {
      window: 1,
      check: () => {
        throw new Error('Not the answer');
      },
    });
    await assert.rejects(load.drive(1_000), /Not the answer/);
  });

  test('fails when a request is not answered, whatever else comes', async (t) => {
    const port = await serverOf(t, (_requests, socket) => {
      socket.write(`{"id":${'1'.repeat(NUMBER_WIDTH)}}`);
    });
    const load = await loadOf(t, port, { window: 1 });
    await assert.rejects(load.drive(10_000), /no answer in 0\.2 s, and this came .*"id":111111111/);
  });

  test('fails when the server closes a connection', async (t) => {
    const port = await serverOf(t, (_requests, socket) => socket.destroy());
    const load = await loadOf(t, port, { window: 1 });
    await assert.rejects(load.drive(10_000), /closed a connection|ECONNRESET/);
  });

  test('tells why it cannot be opened, and leaves no connection open', async (t) => {
    let opened = 0;
    let closed = 0;
    const options = {
      connections: 20,
      window: 1,
      port: 0,
      headers: {},
      check: () => undefined,
      open: async (): Promise<Channel> => {
        opened += 1;
        const turn = opened;
        await immediate();
        if (turn === 2) throw new Error('Refused');
        await immediate();
        return {
          ready: () => Promise.resolve(),
          send: () => undefined,
          close: () => {
            closed += 1;
          },
        };
      },
    };
    await assert.rejects(Load.open(options), /Refused/);
    // Those that were being opened together, but for the one that was not.
    await t.waitFor(() => assert.deepEqual([opened, closed], [16, 15]));
  });

  test('at a rate counts from when a request was due, not from when it was sent', async (t) => {
    const STALL_MS = 120;
    const port = await serverOf(t, (requests, socket) => {
      // One that works without a pause, as a server's only thread.
      if (requests.some((request) => request.includes('100000020'))) {
        for (const until = performance.now() + STALL_MS; performance.now() < until; );
      }
      socket.write(requests.join(''));
    });
    const load = await loadOf(t, port, { window: 1 });
    const { answers, max, p90 } = await load.driveAtRate(200, 500);
    assert.equal(answers, 100);
    assert.ok(max >= STALL_MS * 0.9, `${max} ms at most`);
    // All that were due meanwhile waited, and not only the one that made them wait.
    assert.ok(p90 >= STALL_MS / 4, `${p90} ms for one in ten`);
  });
});
