import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { suite, test } from 'node:test';

import { AfterPoll } from '../../../src/worker/transport/after-poll.ts';

const afterTurn = () => new Promise((resolve) => setImmediate(resolve));

suite('what is left until all sockets were read', () => {
  test('is done together, in the order it came', async () => {
    const afterPoll = new AfterPoll();
    const done: number[] = [];
    for (let each = 0; each < 5; each++) afterPoll.add(() => done.push(each));
    assert.deepEqual(done, []);
    await afterTurn();
    assert.deepEqual(done, [0, 1, 2, 3, 4]);
  });

  test('is done in the turn in which it was read, after what other sockets brought', async (t) => {
    const afterPoll = new AfterPoll();
    const server = createServer().listen(0, '127.0.0.1');
    t.after(() => server.close());
    await once(server, 'listening');
    const address = server.address();
    assert.ok(typeof address === 'object' && address !== null);
    const ends: Socket[] = [];
    const told: string[] = [];
    for (const name of ['a', 'b', 'c']) {
      const there = connect(address.port, '127.0.0.1');
      // oxlint-disable-next-line no-await-in-loop -- one after the other, so that each is known
      const [here]: Socket[] = await once(server, 'connection');
      here?.on('data', () => {
        told.push(`${name} read`);
        afterPoll.add(() => told.push(`${name} done`));
      });
      ends.push(there);
      t.after(() => there.destroy());
    }
    for (const end of ends) end.write('.');
    // Until here nobody read: now all three are there at once.
    const until = performance.now() + 100;
    while (performance.now() < until);
    await t.waitFor(() => assert.equal(told.length, 6));
    assert.deepEqual(told.slice(0, 3).toSorted(), ['a read', 'b read', 'c read']);
    assert.deepEqual(
      told.slice(3),
      told.slice(0, 3).map((text) => text.replace('read', 'done')),
    );
  });

  test('is bounded: what would be too many is done at once', () => {
    const afterPoll = new AfterPoll();
    let done = 0;
    for (let each = 0; each < 255; each++) afterPoll.add(() => (done += 1));
    assert.equal(done, 0);
    afterPoll.add(() => (done += 1));
    assert.equal(done, 256);
  });

  test('is bounded: what would hold too much is done at once, after what came before', () => {
    const afterPoll = new AfterPoll();
    const done: string[] = [];
    afterPoll.add(() => done.push('small'), 10);
    afterPoll.add(() => done.push('large'), 1_000_000);
    assert.deepEqual(done, ['small', 'large']);
  });

  test('may leave more, which is done in the next turn', async () => {
    const afterPoll = new AfterPoll();
    const done: string[] = [];
    afterPoll.add(() => {
      done.push('first');
      afterPoll.add(() => done.push('second'));
    });
    await afterTurn();
    assert.deepEqual(done, ['first']);
    await afterTurn();
    assert.deepEqual(done, ['first', 'second']);
  });
});
