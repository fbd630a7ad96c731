/** What one agent can take from the others: time, places, and calls. */
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { suite, type TestContext, test } from 'node:test';

import { silent } from '../../src/shared/logger.ts';
import type { CallRates } from '../../src/worker/domain/limits.ts';
import type { Method } from '../../src/worker/protocol/methods.ts';
import { Occupancy } from '../../src/worker/protocol/occupancy.ts';
import { RedisAttempts } from '../../src/worker/store/attempts.ts';
import { SharedCallRates } from '../../src/worker/store/call-rates.ts';
import { HELLO } from '../worker/methods/conversation.ts';
import { countsOf, openMetrics } from '../worker/observe/counted.ts';
import { connect, untilNext } from '../worker/store/connected.ts';
import { Agent } from '../worker/transport/agent.ts';
import {
  modernCallOf,
  modernHeaders,
  post,
  type ServedMcp,
  serveMcp,
} from '../worker/transport/mcp-served.ts';
import { echo, gate } from '../worker/transport/mcp-tools.ts';
import { frameOf, knock, OPCODE, type Served, serve } from '../worker/transport/served.ts';

const REFUSALS = 'mcp_limit_refusals_total';
const PING = '{"jsonrpc":"2.0","id":1,"method":"ping"}';

/** Opens a socket of bytes, and collects what comes over it. */
async function openSocket(served: Served) {
  const { socket } = await knock(served.port);
  assert.ok(socket !== undefined);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  // It may be closed with something of ours unread.
  socket.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => {
      resolve();
    });
  });
  return { socket, closed, got: () => Buffer.concat(chunks) };
}

/** A close frame begins so, and goes on with the code (RFC 6455 §5.5.1). */
function closeCodeIn(bytes: Buffer): number | undefined {
  const at = bytes.findLastIndex((byte, index) => byte === 0x88 && bytes[index + 1] !== undefined);
  return at === -1 ? undefined : bytes.readUInt16BE(at + 2);
}

/** Writes, and resolves when it has arrived. */
async function writeTo(t: TestContext, socket: Socket, served: Served, bytes: Buffer) {
  const ours = served.sockets.at(-1);
  assert.ok(ours !== undefined);
  const expected = ours.bytesRead + bytes.length;
  socket.write(bytes);
  await t.waitFor(() => assert.ok(ours.bytesRead >= expected));
}

suite('a socket is closed', () => {
  for (const [what, begun] of [
    ['half a frame', frameOf(OPCODE.text, PING).subarray(0, 20)],
    // Without FIN.
    ['the first of two fragments', Buffer.from([0x01, 0x81, 0, 0, 0, 0, 0x7b])],
  ] as const) {
    test(`if ${what} is left open for 30 s (S15)`, async (t) => {
      t.mock.timers.enable({ apis: ['setInterval'] });
      const metrics = openMetrics();
      await using served = await serve({ observer: metrics });
      const { socket, closed, got } = await openSocket(served);
      await writeTo(t, socket, served, frameOf(OPCODE.text, PING));
      await t.waitFor(() => assert.match(got().toString(), /"result"/));
      await writeTo(t, socket, served, begun);
      t.mock.timers.tick(30_000);
      assert.equal(closeCodeIn(got()), undefined);
      t.mock.timers.tick(3_000);
      await t.waitFor(() => assert.equal(closeCodeIn(got()), 1008));
      await closed;
      assert.deepEqual(await countsOf(metrics, REFUSALS), ['limit=unfinished_message: 1']);
    });
  }

  test('if nothing well-formed is asked within 10 s, however much is said (S62)', async (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] });
    const metrics = openMetrics();
    await using served = await serve({ observer: metrics });
    using speaks = await Agent.connect(served.port);
    const silentOne = await openSocket(served);
    const garbles = await openSocket(served);
    garbles.socket.write(frameOf(OPCODE.text, '{}'));
    await t.waitFor(() => assert.match(garbles.got().toString(), /-32600/));
    t.mock.timers.tick(8_000);
    assert.equal(closeCodeIn(silentOne.got()), undefined);
    t.mock.timers.tick(1_000);
    for (const { got } of [silentOne, garbles]) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other is as good
      await t.waitFor(() => assert.equal(closeCodeIn(got()), 1008));
    }
    await Promise.all([silentOne.closed, garbles.closed]);
    assert.deepEqual(await countsOf(metrics, REFUSALS), ['limit=unspoken: 2']);
    assert.deepEqual((await speaks.ask(1, 'ping')).result, {});
  });

  test('but not for asking something that takes its time (S62)', async (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] });
    const given = Promise.withResolvers<object>();
    const begun = Promise.withResolvers<void>();
    const initialize: Method<string> = async () => {
      begun.resolve();
      return given.promise;
    };
    await using served = await serve({ table: { initialize } });
    const opened = Agent.connect(served.port);
    await begun.promise;
    t.mock.timers.tick(60_000);
    given.resolve({});
    using agent = await opened;
    assert.deepEqual((await agent.ask(1, 'ping')).result, {});
  });

  for (const [what, opcode, code] of [
    // `ws` itself lets go at once of who sends 60 before their pongs are on their way.
    ['pings', OPCODE.ping, undefined],
    ['pongs nobody asked for', 10, 1008],
  ] as const) {
    test(`for 10,000 ${what} at once, and others hardly notice (S18)`, async () => {
      const metrics = openMetrics();
      await using served = await serve({ observer: metrics });
      using other = await Agent.connect(served.port);
      const { socket, closed, got } = await openSocket(served);
      socket.write(Buffer.concat(Array.from({ length: 10_000 }, () => frameOf(opcode, 'x'))));
      const before = performance.now();
      assert.deepEqual((await other.ask(1, 'ping')).result, {});
      assert.ok(performance.now() - before < 2_000);
      await closed;
      assert.equal(closeCodeIn(got()), code);
      assert.deepEqual(await countsOf(metrics, REFUSALS), ['limit=control_frames: 1']);
    });
  }
});

suite('who floods', () => {
  for (const [what, messages, bytes] of [
    ['messages of a byte', 5_000, 1],
    ['messages of 4 MB', 8, 4_000_000],
  ] as const) {
    test(`a socket with ${what} is read more slowly, and keeps nobody else waiting (S61)`, async (t) => {
      const metrics = openMetrics();
      const limits = { messagesPerS: 2_500, bytesPerS: 16_000_000, frameBytesMax: 4_194_304 };
      await using served = await serve({ observer: metrics, limits });
      using flooding = await Agent.connect(served.port);
      using other = await Agent.connect(served.port);
      const params = bytes === 1 ? {} : { text: 'x'.repeat(bytes) };
      const before = performance.now();
      const asked = Array.from({ length: messages }, (_, id) => flooding.ask(id, 'ping', params));
      assert.deepEqual((await other.ask(1, 'ping')).result, {});
      const otherMs = performance.now() - before;
      await Promise.all(asked);
      const tookMs = performance.now() - before;
      assert.ok(otherMs < Math.max(1_000, tookMs - 500), `${otherMs} ms, and ${tookMs} ms`);
      assert.ok(tookMs > 1_000, `${tookMs} ms`);
      const limit = bytes === 1 ? 'messages_per_s' : 'bytes_per_s';
      await t.waitFor(async () => {
        assert.ok((await countsOf(metrics, REFUSALS)).some((line) => line.includes(limit)));
      });
    });
  }

  test('with calls gets 429 over all its connections, and others are served (S61)', async () => {
    const { tool, open } = gate();
    const metrics = openMetrics();
    await using served = await serveMcp(
      { tools: [tool, echo] },
      { callsOfOneMax: 4 },
      { observer: metrics },
    );
    const calls = [1, 2].map(() => callOver(served, 'gate', 'ann'));
    using agent = await Agent.connect(served.port);
    await agent.ask(0, 'initialize', HELLO);
    const over = [1, 2].map((id) => agent.ask(id, 'tools/call', { name: 'gate' }));
    const refused = await callUntil(served, 'ann', (text) => /"code":429/.test(text));
    assert.match(refused, /"retryAfterMs":1000/);
    assert.match(await callOver(served, 'echo', 'bob'), /"text":"hello"/);
    open();
    await Promise.all([...calls, ...over]);
    assert.match(await callOver(served, 'echo', 'ann'), /"text":"hello"/);
    const counts = await countsOf(metrics, REFUSALS);
    assert.ok(counts.some((line) => line.startsWith('limit=calls_of_one: ')));
  });

  test('with sockets finds no place, and is the only one (S61)', () => {
    const places = new Occupancy(3);
    for (let each = 0; each < 3; each++) assert.ok(places.take('192.0.2.1') !== undefined);
    assert.equal(places.take('192.0.2.1'), undefined);
    assert.ok(places.take('192.0.2.2') !== undefined);
  });

  test('all of a worker is turned away with 503 before the upgrade (S61)', async () => {
    await using served = await serve({ limits: { socketsMax: 1 } });
    using agent = await Agent.connect(served.port);
    const { status, headers } = await knock(served.port);
    assert.deepEqual([status, headers['retry-after']], [503, '1']);
    assert.deepEqual((await agent.ask(1, 'ping')).result, {});
  });

  test('with calls of tools is refused at all workers, also while Redis is away, and others are not (S61)', async () => {
    await using opened = new AsyncDisposableStack();
    const here = opened.use(await connect());
    const there = opened.use(await connect({ prefix: here.prefix }));
    const servers: ServedMcp[] = [];
    const callsPerS = 10;
    for (const { redis, prefix } of [here, there]) {
      const callRates: CallRates = opened.use(
        // oxlint-disable-next-line no-await-in-loop -- the second has to know of the first
        await SharedCallRates.open({
          redis,
          prefix,
          self: `${servers.length}`,
          callsPerS,
          toolCallsPerS: undefined,
          observer: openMetrics(),
          log: silent,
        }),
      );
      // oxlint-disable-next-line no-await-in-loop -- see above
      servers.push(opened.use(await serveMcp({ tools: [echo], callRates })));
    }
    /** How many calls were let through, and how many may be in the time that it took. */
    const flood = async (): Promise<{ through: number; most: number }> => {
      const beganAt = performance.now();
      const asked = Array.from({ length: 60 }, (_, at) => {
        return callOver(servers[at % 2] ?? assert.fail(), 'echo', 'ann');
      });
      const answers = await Promise.all(asked);
      const limited = answers.filter((text) => text.includes('"code":429'));
      for (const text of limited) assert.match(text, /"retryAfterMs":250/);
      const seconds = (performance.now() - beganAt) / 1_000;
      return { through: answers.length - limited.length, most: 25 + callsPerS * seconds };
    };
    const { through, most } = await flood();
    assert.ok(through >= 10 && through <= most, `${through} were let through, and not ${most}`);
    for (const server of servers) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other is as good
      assert.match(await callOver(server, 'echo', 'bob'), /"text":"hello"/);
    }
    const closed = [here, there].map(({ redis }) => untilNext('close', redis));
    for (const { redis } of [here, there]) redis.disconnect();
    await Promise.all(closed);
    const away = await flood();
    assert.ok(away.through <= away.most, `${away.through} were let through, and not ${away.most}`);
  });
});

test('of 1,000 wrong keys 30 are looked at, and the rest is told to wait a minute (S32)', async () => {
  using here = await connect();
  const attempts = new RedisAttempts({ ...here, what: 'login', perMin: 30, log: silent });
  let looked = 0;
  for (let each = 0; each < 1_000; each++) {
    // oxlint-disable-next-line no-await-in-loop -- so does who guesses
    const waitMs = await attempts.take('192.0.2.1');
    if (waitMs === 0) looked += 1;
    else assert.ok(waitMs > 50_000 && waitMs <= 60_000);
  }
  assert.equal(looked, 30);
  assert.equal(await attempts.take('192.0.2.2'), 0);
});

/** Calls a tool over HTTP in the modern era. */
async function callOver({ url }: ServedMcp, name: string, who: string): Promise<string> {
  const headers = { ...modernHeaders('tools/call', name), 'x-who': who };
  const given = name === 'echo' ? { text: 'hello' } : {};
  const answer = await post(url, modernCallOf(name, { arguments: given }), headers);
  return answer.text();
}

/** Calls until the answer is as expected: what was asked before may be on its way. */
async function callUntil(
  served: ServedMcp,
  who: string,
  isExpected: (text: string) => boolean,
): Promise<string> {
  for (let tries = 0; tries < 1_000; tries++) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
    const text = await callOver(served, 'echo', who);
    if (isExpected(text)) return text;
  }
  return assert.fail('It never was');
}
