import assert from 'node:assert/strict';
import { once } from 'node:events';
import { suite, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import type { Method } from '../../../src/worker/protocol/methods.ts';
import { Agent } from './agent.ts';
import { frameOf, knock, OPCODE, type Served, serve } from './served.ts';

const MIB = 1_048_576;
/** What may wait for a peer that does not read, and what the last answer may add to it. */
const UNSENT_BYTES_MAX = 17 * MIB;

/** A method that runs until its signal is aborted, and says when that was. */
function openHang() {
  const started = Promise.withResolvers<void>();
  const aborted = Promise.withResolvers<void>();
  const hang: Method<string> = async (_params, { signal }) => {
    started.resolve();
    await once(signal, 'abort');
    aborted.resolve();
    throw signal.reason;
  };
  return { table: { hang }, started: started.promise, aborted: aborted.promise };
}

/** Nothing that somebody would have to act on, or even to know. */
function assertQuiet({ lines }: Served): void {
  assert.deepEqual(
    lines.filter(({ level }) => level !== 'debug'),
    [],
  );
}

const whoami: Method<string> = async (_params, { caller }) => ({ caller });

const count: Method<string> = async (_params, { notify }) => {
  await notify('notifications/progress', { progress: 1 });
  return {};
};

const echo: Method<string> = async ({ text }) => ({ text });

const bigint: Method<string> = async () => ({ large: 1n });

const large: Method<string> = async () => ({ text: 'x'.repeat(MIB) });

suite('a socket', () => {
  test('hands the caller down and answers each frame with one frame', async () => {
    await using served = await serve({ table: { whoami }, authenticate: async () => 'bob' });
    using agent = await Agent.connect(served.port);
    const answer = await agent.ask(1, 'whoami');
    assert.deepEqual(answer, { jsonrpc: '2.0', id: 1, result: { caller: 'bob' } });
  });

  test('carries notifications before the answer', async () => {
    await using served = await serve({ table: { count } });
    using agent = await Agent.connect(served.port);
    await agent.ask(1, 'count');
    const [progress, answer] = agent.got.slice(1);
    assert.equal(progress?.method, 'notifications/progress');
    assert.equal(answer?.id, 1);
  });

  test('that is closed right behind a message has it done all the same', async () => {
    const { table, started, aborted } = openHang();
    await using served = await serve({ table });
    using agent = await Agent.connect(served.port);
    void agent.ask(1, 'hang');
    agent.ws.close();
    await started;
    await aborted;
    assertQuiet(served);
  });

  test('carries a frame of the largest size there may be, and text beyond ASCII', async () => {
    await using served = await serve({ table: { echo }, limits: { frameBytesMax: 4_096 } });
    using agent = await Agent.connect(served.port);
    const frame = { jsonrpc: '2.0', id: 1, method: 'echo', params: { text: '' } };
    const bytes = 4_096 - Buffer.byteLength(JSON.stringify(frame));
    const text = 'ü'.repeat(Math.floor(bytes / 2)) + 'u'.repeat(bytes % 2);
    assert.deepEqual((await agent.ask(1, 'echo', { text })).result, { text });
  });

  for (const [what, data, binary, code] of [
    ['a binary frame', Buffer.from('{}'), true, 1003],
    ['a frame too large', Buffer.alloc(4_097, 32), false, 1009],
    ['a frame that is not UTF-8', Buffer.from([0x7b, 0xff, 0xfe]), false, 1007],
  ] as const) {
    test(`is closed with ${code} for ${what}`, async () => {
      await using served = await serve({ limits: { frameBytesMax: 4_096 } });
      using agent = await Agent.connect(served.port);
      agent.ws.send(data, { binary });
      assert.equal((await agent.closed).code, code);
      assertQuiet(served);
    });
  }

  test('is closed with 1002 for what is no frame', async () => {
    await using served = await serve();
    const { socket } = await knock(served.port);
    assert.ok(socket !== undefined);
    // A text frame that is not masked (RFC 6455 §5.1).
    socket.write(Buffer.from([0x81, 0x02, 0x7b, 0x7d]));
    const [reply] = (await once(socket, 'data')) as [Buffer];
    assert.equal(reply.readUInt16BE(2), 1002);
    assertQuiet(served);
  });

  test('is closed with 1008 after 20 malformed frames in a row, each of them refused', async () => {
    await using served = await serve();
    using agent = await Agent.connect(served.port);
    for (let sent = 0; sent < 20; sent += 1) agent.ws.send('nope');
    assert.equal((await agent.closed).code, 1008);
    const refusals = agent.got.filter(({ error }) => error?.code === -32700);
    assert.equal(refusals.length, 20);
    assertQuiet(served);
  });

  test('is not closed for malformed frames among others', async () => {
    await using served = await serve();
    using agent = await Agent.connect(served.port);
    for (let round = 0; round < 3; round += 1) {
      for (let sent = 0; sent < 19; sent += 1) agent.ws.send('nope');
      // One answer is awaited at a time: that is what the rounds are.
      // oxlint-disable-next-line no-await-in-loop -- see above
      await agent.ask(round, 'ping');
    }
    assert.equal(agent.got.filter(({ error }) => error !== undefined).length, 57);
  });

  test('whose answer cannot be sent is closed with 1011, and the log says why', async () => {
    await using served = await serve({ table: { bigint } });
    using agent = await Agent.connect(served.port);
    const unanswered = agent.ask(1, 'bigint');
    unanswered.catch(() => undefined);
    assert.equal((await agent.closed).code, 1011);
    assert.deepEqual(
      served.lines.map(({ level, message }) => [level, message]),
      [['error', 'message could not be handled']],
    );
  });
});

suite('an agent', () => {
  test('that floods its socket with 50,000 requests is slowed down, and keeps nobody else waiting', async (t) => {
    await using served = await serve({ limits: { messagesPerS: 25_000 } });
    const { socket } = await knock(served.port);
    assert.ok(socket !== undefined);
    using other = await Agent.connect(served.port);
    let got = '';
    let answers = 0;
    socket.on('data', (chunk: Buffer) => {
      // An answer may be cut in two by the network.
      const parts = (got + chunk.toString('latin1')).split('"jsonrpc"');
      answers += parts.length - 1;
      got = parts.at(-1) ?? '';
    });
    const requests = 50_000;
    const asking = Array.from({ length: requests }, (_, id) =>
      frameOf(OPCODE.text, `{"jsonrpc":"2.0","id":${id},"method":"ping"}`),
    );
    socket.write(Buffer.concat(asking));
    const before = performance.now();
    assert.deepEqual((await other.ask(1, 'ping')).result, {});
    assert.ok(performance.now() - before < 2_000);
    await t.waitFor(() => assert.equal(answers, requests), { timeout: 20_000 });
    assert.ok(performance.now() - before > 1_000);
    assert.equal(socket.destroyed, false);
    assertQuiet(served);
  });

  test('that vanishes in the middle of a call has it aborted, and nobody is alarmed', async () => {
    const { table, started, aborted } = openHang();
    await using served = await serve({ table });
    using agent = await Agent.connect(served.port);
    const unanswered = agent.ask(1, 'hang');
    unanswered.catch(() => undefined);
    await started;
    agent.ws.terminate();
    await aborted;
    assertQuiet(served);
  });

  test('that resets its connection in the middle of a call has it aborted, and nobody is alarmed', async () => {
    const { table, started, aborted } = openHang();
    await using served = await serve({ table });
    const { socket } = await knock(served.port);
    assert.ok(socket !== undefined);
    socket.write(frameOf(OPCODE.text, '{"jsonrpc":"2.0","id":1,"method":"initialize"}'));
    socket.write(frameOf(OPCODE.text, '{"jsonrpc":"2.0","id":2,"method":"hang"}'));
    await started;
    socket.resetAndDestroy();
    await aborted;
    assertQuiet(served);
  });

  test('that does not read its answers is let go, and they are forgotten', async (t) => {
    await using served = await serve({ table: { large } });
    const { socket } = await knock(served.port);
    assert.ok(socket !== undefined);
    socket.pause();
    const [ours] = served.sockets;
    assert.ok(ours !== undefined);
    socket.write(frameOf(OPCODE.text, '{"jsonrpc":"2.0","id":0,"method":"initialize"}'));
    for (let id = 1; id <= 60; id += 1) {
      socket.write(frameOf(OPCODE.text, `{"jsonrpc":"2.0","id":${id},"method":"large"}`));
    }
    let unsentMost = 0;
    await t.waitFor(
      () => {
        unsentMost = Math.max(unsentMost, ours.writableLength);
        assert.ok(ours.destroyed);
      },
      { interval: 1, timeout: 5_000 },
    );
    assert.ok(unsentMost <= UNSENT_BYTES_MAX, `${unsentMost} bytes waited`);
    setFlagsFromString('--expose-gc');
    const collect: unknown = runInNewContext('gc');
    assert.ok(typeof collect === 'function');
    await t.waitFor(
      () => {
        collect();
        assert.equal(served.outlets[0]?.deref(), undefined);
      },
      { timeout: 5_000 },
    );
    assertQuiet(served);
  });

  test('that does not read the pongs it provokes cannot fill our memory with them', async (t) => {
    await using served = await serve();
    const { socket } = await knock(served.port);
    assert.ok(socket !== undefined);
    socket.pause();
    const [ours] = served.sockets;
    assert.ok(ours !== undefined);
    const pings = Buffer.concat(
      Array.from({ length: 4_000 }, () => frameOf(OPCODE.ping, 'x'.repeat(125))),
    );
    const rounds = 80;
    for (let round = 0; round < rounds; round += 1) socket.write(pings);
    await t.waitFor(() => assert.ok(ours.destroyed || ours.bytesRead >= rounds * pings.length), {
      timeout: 10_000,
    });
    const unsent = ours.destroyed ? 0 : ours.writableLength;
    assert.ok(unsent <= UNSENT_BYTES_MAX, `${unsent} bytes wait`);
  });

  test('that misses a pong is let go', async () => {
    const { table, started, aborted } = openHang();
    await using served = await serve({ table, limits: { pingMs: 20 } });
    using agent = await Agent.connect(served.port, { pong: false });
    const unanswered = agent.ask(1, 'hang');
    unanswered.catch(() => undefined);
    await started;
    assert.equal((await agent.closed).code, 1006);
    await aborted;
    assertQuiet(served);
  });

  test('that answers its pings is kept', async () => {
    await using served = await serve({ limits: { pingMs: 20 } });
    using agent = await Agent.connect(served.port);
    const pings = Promise.withResolvers<void>();
    let got = 0;
    agent.ws.on('ping', () => {
      got += 1;
      if (got === 4) pings.resolve();
    });
    await pings.promise;
    assert.deepEqual((await agent.ask(1, 'ping')).result, {});
  });
});
