import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import {
  judgeMemory,
  type MemorySample,
  NO_RECYCLES,
  type RecycleVerdict,
} from '../../../src/supervisor/host/recycle-policy.ts';

const LIMITS = { recycleBytes: 100, gapMs: 300_000 };
const EVERY_MS = 10_000;

function sample(rssBytes: number, slot = 0, incarnation = 1): MemorySample {
  return { slot, incarnation, rssBytes };
}

/** Looks every 10 s, and says what was decided each time. */
function look(looks: readonly (readonly MemorySample[])[]): RecycleVerdict[] {
  let record = NO_RECYCLES;
  return looks.map((samples, index) => {
    const verdict = judgeMemory(samples, record, LIMITS, index * EVERY_MS);
    ({ record } = verdict);
    return verdict;
  });
}

suite('recycling for memory', () => {
  test('the third sample in a row over the limit is one too many', () => {
    const verdicts = look([[sample(101)], [sample(101)], [sample(102)]]);
    assert.deepEqual(
      verdicts.map(({ recycle }) => recycle?.rssBytes),
      [undefined, undefined, 102],
    );
  });

  test('a peak is forgotten', () => {
    const high = [sample(101)];
    const verdicts = look([high, high, [sample(100)], high, high]);
    assert.ok(verdicts.every(({ recycle }) => recycle === undefined));
  });

  test('a new worker in the slot begins anew', () => {
    const verdicts = look([[sample(101)], [sample(101)], [sample(101, 0, 2)]]);
    assert.ok(verdicts.every(({ recycle }) => recycle === undefined));
  });

  test('of several the largest goes first, and the next only after the gap', () => {
    const both = [sample(101, 0), sample(109, 1)];
    const rest = [sample(101, 0)];
    const looks = [both, both, both, ...Array.from({ length: 31 }, () => rest)];
    const recycled = look(looks).flatMap(({ recycle }, index) =>
      recycle === undefined ? [] : [[recycle.slot, index * EVERY_MS]],
    );
    assert.deepEqual(recycled, [
      [1, 20_000],
      [0, 320_000],
    ]);
  });

  test('the seventh within an hour is called a leak, and what is older is forgotten', () => {
    const verdicts = look(Array.from({ length: 800 }, () => [sample(101)]));
    const recycles = verdicts.filter(({ recycle }) => recycle !== undefined);
    assert.deepEqual(
      recycles.slice(0, 8).map(({ isLeakSuspected }) => isLeakSuspected),
      [false, false, false, false, false, false, true, true],
    );
    assert.equal(Math.max(...recycles.map(({ recyclesInHour }) => recyclesInHour)), 12);
    assert.equal(
      verdicts.filter(({ isLeakSuspected }) => isLeakSuspected).length,
      recycles.length - 6,
    );
  });

  test('one now and then is no leak', () => {
    const looks = Array.from({ length: 2_000 }, (_, index) => [sample(index % 100 < 3 ? 101 : 50)]);
    const verdicts = look(looks);
    assert.equal(verdicts.filter(({ recycle }) => recycle !== undefined).length, 20);
    assert.ok(verdicts.every(({ recyclesInHour }) => recyclesInHour <= 4));
    assert.ok(verdicts.every(({ isLeakSuspected }) => !isLeakSuspected));
  });
});
