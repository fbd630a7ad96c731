import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { runInNewContext } from 'node:vm';

import { MemoryReturn } from '../../../src/worker/observe/memory-return.ts';

const IDLE = { utilization: 0.02, http: 0 };

/** A return that counts, and tells how often memory was collected by then. */
function open() {
  let collected = 0;
  const memory = new MemoryReturn(() => {
    collected += 1;
  });
  return (webSockets: number, beat: Partial<typeof IDLE> = {}): number => {
    memory.heed({ ...IDLE, ...beat, webSockets });
    return collected;
  };
}

suite('memory is given back', () => {
  test('once for each crowd that has gone', () => {
    const heed = open();
    assert.deepEqual(
      [0, 5_000, 4_500].map((held) => heed(held)),
      [0, 0, 0],
    );
    assert.deepEqual(
      [0, 0, 900, 0].map((held) => heed(held)),
      [1, 1, 1, 1],
    );
    assert.deepEqual(
      [3_000, 2_000, 1_500, 1_000].map((held) => heed(held)),
      [1, 2, 2, 3],
    );
  });

  test('when nothing is done', () => {
    const heed = open();
    heed(2_000, { http: 100 });
    assert.equal(heed(0, { utilization: 0.5 }), 0);
    assert.equal(heed(0), 1);
  });

  test('and is: what nothing refers to any more is collected', async () => {
    const memory = new MemoryReturn();
    let kept: object | undefined = {};
    const reference = new WeakRef(kept);
    kept = undefined;
    // What a reference was made of lives to the end of its turn.
    await new Promise(setImmediate);
    memory.heed({ ...IDLE, webSockets: 1_000 });
    memory.heed({ ...IDLE, webSockets: 0 });
    assert.equal(reference.deref(), undefined);
    assert.equal(runInNewContext('typeof gc'), 'undefined');
  });
});
