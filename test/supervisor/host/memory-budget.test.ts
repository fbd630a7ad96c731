import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { memoryBudgetOf } from '../../../src/supervisor/host/memory-budget.ts';

const MIB = 1024 ** 2;
const GIB = 1024 * MIB;
const LARGE = { limitBytes: undefined, machineBytes: 64 * GIB, workers: 2, workerBytes: undefined };

suite('memory budget', () => {
  test('a limit is shared among the workers, less what others need', () => {
    const budget = memoryBudgetOf({ ...LARGE, limitBytes: GIB, workers: 2 });
    assert.equal(budget.workerBytes, Math.floor((0.9 * GIB - 80 * MIB) / 2));
    assert.equal(budget.heapMib, 315);
    assert.equal(budget.recycleBytes, Math.floor(0.8 * budget.workerBytes));
    assert.equal(budget.isTight, false);
  });

  test('two heaps that are full leave room for the rest within the limit', () => {
    const { heapMib } = memoryBudgetOf({ ...LARGE, limitBytes: GIB, workers: 2 });
    assert.ok(2 * heapMib * MIB < 0.75 * GIB);
  });

  test("without a limit, a heap grows to Node's own limit and no further", () => {
    assert.equal(memoryBudgetOf(LARGE).heapMib, 4_096);
    assert.equal(memoryBudgetOf({ ...LARGE, machineBytes: 4 * GIB }).heapMib, 1_352);
  });

  test('with a limit it may grow further', () => {
    assert.equal(memoryBudgetOf({ ...LARGE, limitBytes: 32 * GIB }).heapMib, 11_029);
  });

  test('a limit beyond the memory of the machine is none', () => {
    const budget = memoryBudgetOf({ ...LARGE, limitBytes: 64 * GIB, machineBytes: 2 * GIB });
    assert.equal(budget.workerBytes, Math.floor((0.9 * 2 * GIB - 80 * MIB) / 2));
  });

  test('what an operator says of one worker wins', () => {
    const budget = memoryBudgetOf({ ...LARGE, limitBytes: GIB, workerBytes: 8 * GIB });
    assert.equal(budget.workerBytes, 8 * GIB);
    assert.equal(budget.heapMib, 6_144);
  });

  test('what is too little for a worker is said, has a least heap, and replaces nobody', () => {
    for (const limitBytes of [GIB / 4, 1]) {
      const budget = memoryBudgetOf({ ...LARGE, limitBytes, workers: 4 });
      assert.deepEqual(
        [budget.heapMib, budget.isTight, budget.recycleBytes],
        [64, true, undefined],
      );
      assert.ok(budget.workerBytes >= 0);
    }
  });
});
