/** Tools that nobody should have trusted, where they were at least told to run in threads. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { Isolated, isFailure } from '../worker/tools/isolate/isolated.ts';

const timeout = 60_000;
const MEMORY_BYTES_MAX = 64 * 1_048_576;
/** Of a hundred that there is time for. A machine that is busy with other things may take the rest; one that blocks leaves none. */
const BEATS_MIN = 5;

suite('an isolated tool that', { timeout }, () => {
  test('computes without end is ended with its call, and the worker goes on meanwhile (S54)', async () => {
    await using isolated = new Isolated();
    const deadline = new AbortController();
    let beats = 0;
    const progress = async (): Promise<void> => {
      // It has begun.
      const beating = setInterval(() => {
        beats += 1;
      }, 10);
      setTimeout(() => {
        clearInterval(beating);
        deadline.abort(new Error('The time is up'));
      }, 1_000);
    };
    const call = isolated.call('spins', { signal: deadline.signal, context: { progress } });
    await assert.rejects(call, /The time is up/);
    assert.ok(beats >= BEATS_MIN, `${beats} beats`);
    assert.equal((await isolated.ask('answers')).calls, 1);
  });

  for (const what of ['objects', 'map', 'buffers']) {
    test(`takes memory without end, as ${what}, is ended before it has a few times what it may (S54)`, async () => {
      await using isolated = new Isolated({ memoryBytesMax: MEMORY_BYTES_MAX });
      await isolated.ask('answers');
      const before = process.memoryUsage().rss;
      let most = 0;
      const watch = setInterval(() => {
        most = Math.max(most, process.memoryUsage().rss - before);
      }, 5);
      const tooMuch = isFailure('invalid', /took more memory/);
      await assert.rejects(isolated.call('takes', { given: { what } }), tooMuch);
      clearInterval(watch);
      assert.ok(most < 4 * MEMORY_BYTES_MAX, `${most} bytes`);
      assert.equal((await isolated.ask('answers')).calls, 1);
    });
  }

  test('finds no secret of the operator’s in its environment (S54)', async () => {
    process.env.SECRET_OF_A_TEST = 'hunter2-hunter2';
    await using isolated = new Isolated();
    const { environment } = await isolated.ask('answers');
    delete process.env.SECRET_OF_A_TEST;
    assert.deepEqual(environment, []);
  });
});
