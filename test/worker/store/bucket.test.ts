import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { Bucket } from '../../../src/worker/store/bucket.ts';

/** Tries so often, and says how many it got. */
function take(bucket: Bucket, taker: string, tries: number): number {
  let got = 0;
  for (let each = 0; each < tries; each++) {
    if (!bucket.hasFor(taker)) continue;
    bucket.take(taker);
    got += 1;
  }
  return got;
}

suite('a bucket', () => {
  test('begins with a share of one second, which it owes once', () => {
    const bucket = new Bucket(100, 4);
    assert.equal(bucket.owed, 25);
    assert.equal(take(bucket, 'ann', 100), 25);
    bucket.add(0, bucket.owed);
    assert.equal(bucket.owed, 0);
    assert.equal(take(bucket, 'ann', 100), 0);
  });

  test('has one at least, however many share it', () => {
    assert.equal(take(new Bucket(1, 50), 'ann', 9), 1);
  });

  test('wants what was tried for, a second of it at most, and keeps a little at hand', () => {
    const bucket = new Bucket(100, 1);
    take(bucket, 'ann', 40);
    assert.equal(bucket.wanted, 0);
    take(bucket, 'ann', 1_000);
    assert.equal(bucket.wanted, 100);
    bucket.add(0, 100);
    assert.equal(bucket.wanted, 25);
  });

  test('fills by its share of the time where there are no leases, up to that of a second', () => {
    const bucket = new Bucket(100, 2);
    take(bucket, 'ann', 1_000);
    bucket.addShare(100);
    assert.equal(take(bucket, 'ann', 1_000), 5);
    bucket.addShare(60_000);
    assert.equal(take(bucket, 'ann', 1_000), 50);
  });

  test('that does not suffice is divided among those who came before', () => {
    const bucket = new Bucket(100, 1);
    take(bucket, 'ann', 1_000);
    take(bucket, 'bob', 1);
    bucket.add(20, 100);
    assert.equal(take(bucket, 'ann', 1_000), 10);
    assert.equal(take(bucket, 'bob', 1_000), 10);
  });

  test('may go once nobody came for a while', () => {
    const bucket = new Bucket(100, 1);
    take(bucket, 'ann', 1);
    for (let turn = 0; turn < 8; turn++) {
      assert.equal(bucket.isIdle, false);
      bucket.add(0, 0);
    }
    bucket.add(0, 0);
    assert.equal(bucket.isIdle, true);
  });

  test('says to come again when there is one', () => {
    assert.equal(new Bucket(200, 1).waitMs, 250);
    assert.equal(new Bucket(1, 1).waitMs, 1_000);
  });
});
