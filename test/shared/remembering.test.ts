import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { remembering } from '../../src/shared/remembering.ts';

/** A function that says how long a text is, and how often it was asked. */
function count() {
  const asked: string[] = [];
  const lengthOf = remembering((text) => {
    asked.push(text);
    return text.length;
  });
  return { asked, lengthOf };
}

suite('what is remembered', () => {
  test('is found out once', () => {
    const { asked, lengthOf } = count();
    assert.deepEqual(['a', 'bb', 'a', 'bb', 'a', ''].map(lengthOf), [1, 2, 1, 2, 1, 0]);
    assert.deepEqual(asked, ['a', 'bb', '']);
  });

  test('is what is of bounded length', () => {
    const { asked, lengthOf } = count();
    const long = 'x'.repeat(1_001);
    assert.equal(lengthOf(long) + lengthOf(long), 2_002);
    assert.equal(asked.length, 2);
  });

  test('is forgotten when it is too much, and found out again', () => {
    const { asked, lengthOf } = count();
    for (let each = 0; each <= 1_000; each++) assert.ok(lengthOf(`${each}`) > 0);
    lengthOf('1000');
    assert.equal(asked.length, 1_001);
    lengthOf('0');
    assert.equal(asked.length, 1_002);
  });
});
