import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { Batch } from '../../../src/worker/store/batch.ts';

/** A batch of numbers whose writes end as they are told. */
function open({ sizeMax = 3, waitingMax = 10 } = {}) {
  const writes: {
    readonly entries: readonly number[];
    readonly end: PromiseWithResolvers<void>;
  }[] = [];
  const lost: number[] = [];
  const failures: unknown[] = [];
  const batch = new Batch<number>({
    write: (entries) => {
      const end = Promise.withResolvers<void>();
      writes.push({ entries, end });
      return end.promise;
    },
    everyMs: 60_000,
    sizeMax,
    waitingMax,
    onLost: (count) => lost.push(count),
    onFailure: (error) => failures.push(error),
  });
  return { batch, writes, lost, failures };
}

suite('a batch', () => {
  test('is written when it is full, in the order in which it was added', async (t) => {
    const { batch, writes } = open();
    for (const entry of [1, 2, 3, 4]) batch.add(entry);
    assert.deepEqual(writes[0]?.entries, [1, 2, 3]);
    writes[0]?.end.resolve();
    await t.waitFor(() => assert.deepEqual(writes[1]?.entries, [4]));
    writes[1]?.end.resolve();
    await batch.flush();
    assert.equal(batch.size, 0);
    await batch[Symbol.asyncDispose]();
  });

  test('that could not be written is tried again, before what came later', async () => {
    const { batch, writes, failures, lost } = open();
    for (const entry of [1, 2, 3, 4]) batch.add(entry);
    writes[0]?.end.reject(new Error('away'));
    assert.equal(await batch.flush(), false);
    assert.equal(failures.length, 1);
    const flushed = batch.flush();
    assert.deepEqual(writes[1]?.entries, [1, 2, 3]);
    writes[1]?.end.resolve();
    await Promise.resolve();
    while (writes[2] === undefined) await Promise.resolve();
    writes[2].end.resolve();
    assert.equal(await flushed, true);
    assert.deepEqual(lost, []);
    await batch[Symbol.asyncDispose]();
  });

  test('does not lose what is being written when too much waits meanwhile', async () => {
    const { batch, writes, lost } = open();
    for (let entry = 1; entry <= 11; entry += 1) batch.add(entry);
    assert.deepEqual(lost, [1]);
    writes[0]?.end.resolve();
    while (writes[1] === undefined) await Promise.resolve();
    assert.deepEqual(
      [writes[0]?.entries, writes[1].entries],
      [
        [1, 2, 3],
        [5, 6, 7],
      ],
    );
    writes[1].end.reject(new Error('away'));
    await batch.flush();
    assert.equal(batch.size, 7);
  });

  test('that is disposed of tries once more, counts what is left, and what still comes', async () => {
    const { batch, writes, lost } = open({ sizeMax: 5 });
    batch.add(1);
    const disposed = batch[Symbol.asyncDispose]();
    writes[0]?.end.reject(new Error('away'));
    while (writes[1] === undefined) await Promise.resolve();
    writes[1].end.reject(new Error('away'));
    await disposed;
    batch.add(2);
    assert.deepEqual(lost, [1, 1]);
  });

  test('waits two seconds at most for a write that does not end', { timeout: 10_000 }, async () => {
    const { batch, lost } = open();
    batch.add(1);
    await batch[Symbol.asyncDispose]();
    assert.deepEqual(lost, [1]);
  });
});
