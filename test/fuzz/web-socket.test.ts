import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { test } from 'node:test';

import { isRecord } from '../../src/worker/protocol/frame.ts';
import { type ServedMcp, serveMcp } from '../worker/transport/mcp-served.ts';
import { knock } from '../worker/transport/served.ts';
import { Dice, seedOf } from './dice.ts';
import { handshakeOf, legacyAsked, modernAsked } from './frames.ts';
import { garble, mutate } from './mutate.ts';
import { LIMITS, OFFERED } from './offered.ts';
import { frameOf, spoiltFrameOf, textsIn } from './web-socket-bytes.ts';

const SOCKETS = Number(process.env.FUZZ_SOCKETS ?? 400);
const AT_ONCE = 8;
const FRAMES_MAX = 40;
/** What a tool of ours throws on purpose. */
const MEANT: ReadonlySet<string> = new Set(['method failed']);

/** Opens a socket, says things over it until it is closed or there is nothing more to say, and reads what comes. */
async function converse({ port }: ServedMcp, dice: Dice): Promise<number> {
  const { socket } = await knock(port, '/mcp', { 'sec-websocket-protocol': 'mcp' });
  assert.ok(socket);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  const closed = once(socket, 'close');
  const hello = {
    jsonrpc: '2.0',
    id: 0,
    method: 'initialize',
    params: handshakeOf('2025-11-25', {}),
  };
  await write(socket, frameOf(1, Buffer.from(JSON.stringify(hello))));
  let sent = 1;
  for (let left = dice.below(FRAMES_MAX); left > 0 && socket.writable; left -= 1) {
    // A socket is written to in order.
    // oxlint-disable-next-line no-await-in-loop -- see above
    await write(socket, nextOf(left, dice));
    sent += 1;
  }
  if (dice.once(2)) socket.destroy();
  else socket.end(frameOf(8, Buffer.from([3, 232])));
  await closed;
  for (const text of textsIn(Buffer.concat(chunks))) {
    const message: unknown = JSON.parse(text);
    const messages: readonly unknown[] = Array.isArray(message) ? message : [message];
    assert.ok(
      messages.every((one) => isRecord(one) && one.jsonrpc === '2.0'),
      text,
    );
  }
  return sent;
}

function nextOf(id: number, dice: Dice): Buffer {
  const [method, params] = dice.once(2) ? legacyAsked(dice) : modernAsked(dice);
  const message = { jsonrpc: '2.0', id, method, params };
  const text = JSON.stringify(message);
  if (dice.once(8)) return spoiltFrameOf(Buffer.from(text), dice);
  if (dice.once(2)) return frameOf(1, Buffer.from(text));
  return frameOf(1, Buffer.from(dice.once(2) ? garble(text, dice) : mutate(message, dice)));
}

/** Resolves when it is written, or cannot be. */
async function write(socket: Socket, bytes: Buffer): Promise<void> {
  await new Promise<void>((resolve) => {
    socket.write(bytes, () => {
      resolve();
    });
  });
}

test(`whatever ${SOCKETS} sockets carry, the server goes on`, async (t) => {
  const dice = new Dice(
    seedOf((text) => {
      t.diagnostic(text);
    }),
  );
  await using served = await serveMcp(OFFERED, LIMITS);
  let frames = 0;
  for (let done = 0; done < SOCKETS; done += AT_ONCE) {
    const running = Array.from({ length: AT_ONCE }, () => {
      return converse(served, new Dice(dice.below(2 ** 31)));
    });
    // So many at once, and no more.
    // oxlint-disable-next-line no-await-in-loop -- see above
    for (const sent of await Promise.all(running)) frames += sent;
  }
  await t.waitFor(() => {
    assert.equal(served.size(), 0);
  });
  t.diagnostic(`${frames} frames`);
  const { lines } = served;
  assert.deepEqual(
    lines.filter(({ level, message }) => level === 'error' && !MEANT.has(message)),
    [],
  );
  const { status } = await fetch(`http://127.0.0.1:${served.port}/livez`);
  assert.equal(status, 200);
});
