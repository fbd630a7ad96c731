import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import {
  judgeFailure,
  NO_FAILURES,
  type RestartPolicy,
} from '../../src/worker/tools/mounted/restart.ts';

const POLICY: RestartPolicy = {
  backoffMs: 500,
  backoffMaxMs: 30_000,
  stableMs: 60_000,
  failuresMax: 8,
  windowMs: 300_000,
  restMs: 300_000,
};

/** What follows each of a row of failures, so far apart, if chance has it as late as can be. */
function delaysOf(count: number, apartMs: number, servedMs = 0, random = 1): readonly number[] {
  let record = NO_FAILURES;
  return Array.from({ length: count }, (_none, index) => {
    const verdict = judgeFailure(record, { servedMs, now: index * apartMs, random }, POLICY);
    record = verdict.record;
    return verdict.delayMs;
  });
}

suite('a server that failed', () => {
  test('is tried again after twice as long each time, up to half a minute', () => {
    const expected = [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000];
    assert.deepEqual(delaysOf(7, 1_000), expected);
  });

  test('is tried again at any time until then, so that those who failed together come back apart', () => {
    assert.deepEqual(delaysOf(3, 1_000, 0, 0), [0, 0, 0]);
    assert.deepEqual(delaysOf(3, 1_000, 0, 0.5), [250, 500, 1_000]);
  });

  test('too often in too short a time rests, and begins anew after that', () => {
    assert.equal(delaysOf(8, 1_000).at(-1), 300_000);
    assert.equal(delaysOf(9, 1_000).at(-1), 30_000);
    assert.ok(delaysOf(20, 60_000).every((delay) => delay <= 30_000));
  });

  test('after it had served for long fails for the first time again', () => {
    assert.deepEqual(delaysOf(3, 100_000, 60_000), [500, 500, 500]);
  });
});
