import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { suite, test } from 'node:test';

import { knock, type Served, serve } from '../worker/transport/served.ts';
import { collected } from './memory.ts';

const FRAME_BYTES_MAX = 4_194_304;
const MIB = 1_048_576;
const TEXT = 0x1;
const BINARY = 0x2;
const CLOSE = 0x8;
const PING = 0x9;
const FIN = 0x80;
const MASKED = 0x80;

/** A head and what follows it, masked with zeros unless it says otherwise. */
function frameOf(first: number, payload: Buffer, masked = MASKED): Buffer {
  const mask = masked === 0 ? Buffer.alloc(0) : Buffer.alloc(4);
  if (payload.length < 126) {
    return Buffer.concat([Buffer.from([first, masked | payload.length]), mask, payload]);
  }
  const head = Buffer.alloc(4);
  head.writeUInt16BE((first << 8) | masked | 126);
  head.writeUInt16BE(payload.length, 2);
  return Buffer.concat([head, mask, payload]);
}

/** The head of a frame that says it is as long as that. */
function headOf(length: bigint): Buffer {
  const head = Buffer.alloc(14);
  head.writeUInt16BE(((FIN | TEXT) << 8) | MASKED | 127);
  head.writeBigUInt64BE(length, 2);
  return head;
}

const closeOf = (code: number) => {
  const payload = Buffer.alloc(2);
  payload.writeUInt16BE(code);
  return frameOf(FIN | CLOSE, payload);
};

/** Sends all of it, and says with what code the socket was closed. */
async function closedWith({ port }: Served, frames: Iterable<Buffer>): Promise<number> {
  const { socket } = await knock(port);
  assert.ok(socket !== undefined);
  const closing = codeOf(socket);
  for (const frame of frames) {
    if (!socket.writable) break;
    // What is not taken yet waits here, and not in the memory of both ends.
    // oxlint-disable-next-line no-await-in-loop -- see above
    if (!socket.write(frame)) await Promise.race([once(socket, 'drain'), once(socket, 'close')]);
  }
  const code = await closing;
  socket.destroy();
  return code;
}

/** The code of the close frame among what the server sends. 1006 if there is none. */
async function codeOf(socket: Socket): Promise<number> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(socket, 'close');
  const bytes = Buffer.concat(chunks);
  for (let at = 0; at + 4 <= bytes.length; at += 2 + (bytes[at + 1] ?? 0)) {
    if (bytes[at] === (FIN | CLOSE)) return bytes.readUInt16BE(at + 2);
  }
  return 1006;
}

/** How much memory stays taken after this, for what has to be kept while it goes on. */
async function growth(work: () => Promise<void>): Promise<number> {
  const earlier = collected();
  await work();
  return collected() - earlier;
}

function* fragments(count: number, text: string): Generator<Buffer> {
  const batch = 1_000;
  const middle = Buffer.concat(Array.from({ length: batch }, () => frameOf(0, Buffer.from(text))));
  yield frameOf(TEXT, Buffer.from(text));
  for (let sent = 0; sent < count; sent += batch) yield middle;
}

suite('a frame', () => {
  for (const [what, length] of [
    ['one byte more than may be', BigInt(FRAME_BYTES_MAX + 1)],
    ['2^32 bytes', 2n ** 32n],
    ['the most there are numbers for', 2n ** 53n - 1n],
    ['2^63 bytes', 2n ** 63n],
    ['2^64 - 1 bytes', 2n ** 64n - 1n],
  ] as const) {
    test(`that says it has ${what} closes its socket with 1009, and no room is made for it (S13)`, async () => {
      await using served = await serve({ limits: { frameBytesMax: FRAME_BYTES_MAX } });
      const grown = await growth(async () => {
        assert.equal(await closedWith(served, [headOf(length)]), 1009);
      });
      assert.ok(grown < MIB, `${grown} bytes`);
    });
  }

  for (const [what, frame, code] of [
    ['of bytes', frameOf(FIN | BINARY, Buffer.from('{}')), 1003],
    ['that is no UTF-8', frameOf(FIN | TEXT, Buffer.from([0x7b, 0xc3, 0x28])), 1007],
    ['with half a surrogate', frameOf(FIN | TEXT, Buffer.from([0xed, 0xa0, 0x80])), 1007],
    ['with the first reserved bit', frameOf(FIN | 0x40 | TEXT, Buffer.from('{}')), 1002],
    ['with the second reserved bit', frameOf(FIN | 0x20 | TEXT, Buffer.from('{}')), 1002],
    ['with the third reserved bit', frameOf(FIN | 0x10 | TEXT, Buffer.from('{}')), 1002],
    ['of a kind that is not known', frameOf(FIN | 0x3, Buffer.from('{}')), 1002],
    ['of control of a kind that is not known', frameOf(FIN | 0xb, Buffer.alloc(0)), 1002],
    ['that is not masked', frameOf(FIN | TEXT, Buffer.from('{}'), 0), 1002],
    ['that goes on with nothing', frameOf(FIN, Buffer.from('{}')), 1002],
    ['of a ping of 126 bytes', frameOf(FIN | PING, Buffer.alloc(126)), 1002],
    ['of a ping in pieces', frameOf(PING, Buffer.from('a')), 1002],
    ['of a close with half a code', frameOf(FIN | CLOSE, Buffer.from([3])), 1002],
    [
      'of a close whose reason is no UTF-8',
      frameOf(FIN | CLOSE, Buffer.from([3, 232, 0xff])),
      1007,
    ],
    ['of a close with 1005', closeOf(1005), 1002],
    ['of a close with 1006', closeOf(1006), 1002],
    ['of a close with 999', closeOf(999), 1002],
    ['of a close with 5000', closeOf(5000), 1002],
  ] as const) {
    test(`${what} closes its socket with ${code} (S16)`, async () => {
      await using served = await serve();
      assert.equal(await closedWith(served, [frame]), code);
      assert.deepEqual(
        served.lines.filter(({ level }) => level === 'error'),
        [],
      );
    });
  }
});

suite('a message in fragments', () => {
  for (const [what, text] of [
    ['of one byte', 'a'],
    ['of none', ''],
  ] as const) {
    test(`${what}, of which there are 200,000, closes its socket with 1008, and is not kept (S14)`, async () => {
      await using served = await serve({ limits: { frameBytesMax: FRAME_BYTES_MAX } });
      const grown = await growth(async () => {
        assert.equal(await closedWith(served, fragments(200_000, text)), 1008);
      });
      assert.ok(grown < 2 * MIB, `${grown} bytes`);
    });
  }

  test('that another begins in the middle of closes its socket with 1002 (S14)', async () => {
    await using served = await serve();
    const frames = [frameOf(TEXT, Buffer.from('{')), frameOf(FIN | TEXT, Buffer.from('{}'))];
    assert.equal(await closedWith(served, frames), 1002);
  });

  test('that is larger than one may be, all together, closes its socket with 1009 (S13)', async () => {
    await using served = await serve({ limits: { frameBytesMax: 4_096 } });
    assert.equal(await closedWith(served, fragments(1_000, 'a'.repeat(100))), 1009);
  });
});

suite('compression', () => {
  test('is not agreed to, however it is offered, so that nothing can be packed into little (S17)', async () => {
    await using served = await serve();
    for (const offered of [
      'permessage-deflate',
      'permessage-deflate; client_max_window_bits; server_no_context_takeover',
      'x-webkit-deflate-frame, permessage-deflate',
    ]) {
      // oxlint-disable-next-line no-await-in-loop -- one after another is enough
      const knocked = await knock(served.port, '/mcp', { 'sec-websocket-extensions': offered });
      assert.equal(knocked.status, 101);
      assert.equal(knocked.headers['sec-websocket-extensions'], undefined);
      knocked.socket?.destroy();
    }
  });
});
