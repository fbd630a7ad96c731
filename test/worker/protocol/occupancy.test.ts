import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { Occupancy } from '../../../src/worker/protocol/occupancy.ts';

suite('places', () => {
  test('are as many for each as were said, and free again once disposed of', () => {
    const occupancy = new Occupancy(2);
    const first = occupancy.take('ann');
    assert.ok(first !== undefined && occupancy.take('ann') !== undefined);
    assert.equal(occupancy.take('ann'), undefined);
    assert.ok(occupancy.take('bob') !== undefined);
    first[Symbol.dispose]();
    assert.ok(occupancy.take('ann') !== undefined);
    assert.equal(occupancy.take('ann'), undefined);
  });

  test('are given back once, though disposed of twice', () => {
    const occupancy = new Occupancy(1);
    const first = occupancy.take('ann');
    first?.[Symbol.dispose]();
    const second = occupancy.take('ann');
    first?.[Symbol.dispose]();
    assert.equal(occupancy.take('ann'), undefined);
    second?.[Symbol.dispose]();
    assert.equal(occupancy.size, 0);
  });

  test('leave nothing behind of those who hold none', () => {
    const occupancy = new Occupancy(5);
    for (let who = 0; who < 10_000; who++) occupancy.take(`${who}`)?.[Symbol.dispose]();
    assert.equal(occupancy.size, 0);
  });
});
