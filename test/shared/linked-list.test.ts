import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import * as fc from 'fast-check';

import { LinkedList, type Listed } from '../../src/shared/linked-list.ts';

suite('a list of what comes and goes', () => {
  test('holds what is in, in the order it came', () => {
    const list = new LinkedList<string>();
    assert.deepEqual([list.size, list.first, list.items], [0, undefined, []]);
    const [a, b, c] = ['a', 'b', 'c'].map((item) => list.add(item));
    assert.deepEqual([list.size, list.first, list.items], [3, 'a', ['a', 'b', 'c']]);
    b?.remove();
    assert.deepEqual([list.size, list.first, list.items], [2, 'a', ['a', 'c']]);
    a?.remove();
    assert.deepEqual([list.size, list.first, list.items], [1, 'c', ['c']]);
    list.add('d');
    c?.remove();
    assert.deepEqual([list.size, list.first, list.items], [1, 'd', ['d']]);
  });

  test('takes nothing out twice', () => {
    const list = new LinkedList<string>();
    const a = list.add('a');
    list.add('b');
    a.remove();
    a.remove();
    assert.deepEqual([list.size, list.items], [1, ['b']]);
  });

  test('is as an array would be, whatever is added and taken out', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(9), { maxLength: 60 }), (steps) => {
        const list = new LinkedList<number>();
        const model: { item: number; listed: Listed }[] = [];
        for (const [item, step] of steps.entries()) {
          // One in three takes something out.
          if (step % 3 > 0) model.push({ item, listed: list.add(item) });
          else model.splice(step, 1)[0]?.listed.remove();
          assert.deepEqual(
            list.items,
            model.map((each) => each.item),
          );
          assert.equal(list.size, model.length);
          assert.equal(list.first, model[0]?.item);
        }
      }),
    );
  });
});
