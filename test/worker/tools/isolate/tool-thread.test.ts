import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { getHeapStatistics, type HeapInfo } from 'node:v8';
import { Worker } from 'node:worker_threads';

import { MemoryWatch } from '../../../../src/worker/tools/isolate/memory-watch.ts';
import { Isolated, isFailure } from './isolated.ts';

const timeout = 60_000;
const INTERNAL = /^Internal error$/;

suite('a thread', { timeout }, () => {
  for (const name of ['spins', 'sleeps'] as const) {
    test(`that ${name} is ended when its call is given up, and the next call gets another`, async () => {
      await using isolated = new Isolated();
      const givingUp = new AbortController();
      const reason = new Error('given up');
      const progress = async (): Promise<void> => {
        givingUp.abort(reason);
      };
      const call = isolated.call(name, { signal: givingUp.signal, context: { progress } });
      await assert.rejects(call, reason);
      assert.deepEqual(isolated.ends, [`${name}: given_up`]);
      assert.equal((await isolated.ask('answers')).calls, 1);
    });
  }

  test('is not ended for a call that was given up before its turn', async () => {
    await using isolated = new Isolated();
    const { threadId } = await isolated.ask('answers');
    const givingUp = new AbortController();
    const sleeping = isolated.call('sleeps', { signal: givingUp.signal });
    const waiting = new AbortController();
    const call = isolated.call('answers', { signal: waiting.signal });
    waiting.abort(new Error('given up'));
    await assert.rejects(call, /given up/);
    assert.deepEqual(isolated.ends, []);
    givingUp.abort(new Error('given up'));
    await assert.rejects(sleeping, /given up/);
    assert.notEqual((await isolated.ask('answers')).threadId, threadId);
  });

  for (const what of ['objects', 'map', 'buffers']) {
    test(`that holds too much (${what}) is ended, and its caller told`, async () => {
      await using isolated = new Isolated({ memoryBytesMax: 64 * 1_048_576 });
      const call = isolated.call('takes', { given: { what } });
      await assert.rejects(call, isFailure('invalid', /took more memory than the 67108864 bytes/));
      assert.deepEqual(isolated.ends, ['takes: memory']);
      assert.equal((await isolated.ask('answers')).calls, 1);
    });
  }

  test('that throws away as much as it likes lives on', async () => {
    await using isolated = new Isolated({ memoryBytesMax: 64 * 1_048_576 });
    await isolated.call('wastes', { given: { mib: 400 } });
    assert.deepEqual(isolated.ends, []);
  });

  test('ends alone when a tool ends its process, and its caller learns nothing', async () => {
    await using isolated = new Isolated();
    const exited = isFailure('internal', INTERNAL, /exits ended its thread with exit code 3/);
    await assert.rejects(isolated.call('exits'), exited);
    assert.deepEqual(isolated.ends, ['exits: exit']);
    assert.equal((await isolated.ask('answers')).calls, 1);
  });

  test('whose prototypes were changed is ended, and no later call meets them', async () => {
    await using isolated = new Isolated();
    assert.equal(await isolated.call('pollutes'), 'done');
    assert.deepEqual(isolated.ends, ['pollutes: polluted']);
    const [line] = isolated.said('a thread was ended');
    assert.match(JSON.stringify(line?.fields), /Array\.prototype\.at/);
    const { at, polluted } = await isolated.ask('seesPolluted');
    assert.deepEqual([at, polluted], [1, false]);
  });

  test('in which a call throws after its answer is ended, and the tool named', async (t) => {
    await using isolated = new Isolated();
    assert.equal(await isolated.call('throwsLate'), 'done');
    await t.waitFor(() => {
      assert.deepEqual(isolated.ends, ['throws_late: threw']);
    });
    assert.match(
      String(Object.values(isolated.said('a tool threw after its answer')[0]?.fields ?? {})),
      /throws_late,Error: thrown after the answer/,
    );
    assert.equal((await isolated.ask('answers')).calls, 1);
  });
});

test('a look at the memory of a call that has ended since says nothing', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const thread = new Worker('', { eval: true });
  const held = Promise.withResolvers<HeapInfo>();
  t.mock.method(thread, 'getHeapStatistics', () => held.promise);
  const watch = new MemoryWatch(thread, 100, () => assert.fail('It is over'));
  t.mock.timers.tick(50);
  watch[Symbol.dispose]();
  held.resolve({ ...getHeapStatistics(), used_heap_size: 1_000 });
  await new Promise(setImmediate);
  assert.ok(!watch.isOver);
  await thread.terminate();
});
