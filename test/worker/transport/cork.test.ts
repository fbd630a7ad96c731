import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import { suite, test } from 'node:test';

import { Cork } from '../../../src/worker/transport/cork.ts';

/** A socket that notes how many chunks each write brought. */
function openSocket(cork = new Cork()) {
  const writes: number[] = [];
  const socket = new Duplex({
    write(_chunk, _encoding, done) {
      writes.push(1);
      done();
    },
    writev(chunks, done) {
      writes.push(chunks.length);
      done();
    },
  });
  const send = (): void => {
    cork.put(socket);
    socket.write('.');
  };
  return { writes, send };
}

const afterTurn = () => new Promise((resolve) => setImmediate(resolve));

suite('what is sent in one turn', () => {
  test('is written together, also where a promise comes in between', async () => {
    const { writes, send } = openSocket();
    await Promise.all(
      Array.from({ length: 8 }, async (_none, hops) => {
        for (let hop = 0; hop < hops; hop += 1) await Promise.resolve();
        send();
      }),
    );
    await afterTurn();
    assert.deepEqual(writes, [8]);
  });

  test('to several sockets is written to each, once', async () => {
    const cork = new Cork();
    const here = openSocket(cork);
    const there = openSocket(cork);
    for (const { send } of [here, there, here, there, here]) send();
    await afterTurn();
    assert.deepEqual([here.writes, there.writes], [[3], [2]]);
  });

  test('does not wait for the next', async () => {
    const { writes, send } = openSocket();
    send();
    await afterTurn();
    send();
    send();
    await afterTurn();
    assert.deepEqual(writes, [1, 2]);
  });
});
