import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { isJsonOver, isTextOver } from '../../../src/worker/tools/result-size.ts';

function msOf(work: () => unknown): number {
  const beganAt = performance.now();
  work();
  return performance.now() - beganAt;
}

suite('a text', () => {
  for (const [what, text, bytes] of [
    ['one byte a letter', 'abcd', 4],
    ['two', 'äöü', 6],
    ['three', '日本', 6],
    ['four', '🙂', 4],
    ['none', '', 0],
  ] as const) {
    test(`is as large as its bytes: ${what}`, () => {
      assert.ok(!isTextOver(text, bytes));
      if (bytes > 0) assert.ok(isTextOver(text, bytes - 1));
    });
  }
});

suite('what is to be JSON', () => {
  for (const value of [
    'text',
    { a: 'ä', b: [1.25e-9, -1_000_000] },
    ['"', '\n', '\u0000'],
    { content: [{ type: 'image', data: 'AAAA', mimeType: 'image/png' }] },
  ]) {
    test(`is as large as the bytes of it: ${JSON.stringify(value)}`, () => {
      const bytes = Buffer.byteLength(JSON.stringify(value));
      assert.ok(!isJsonOver(value, bytes));
      assert.ok(isJsonOver(value, bytes - 1));
    });
  }

  test('is found to be too large before it is written', () => {
    const data = 'A'.repeat(100_000_000);
    const value = { content: [{ type: 'image', data, mimeType: 'image/png' }] };
    const writingMs = msOf(() => JSON.stringify(value));
    const lookingMs = msOf(() => {
      for (let n = 0; n < 1_000; n += 1) {
        assert.ok(isJsonOver(value, 4_194_304));
        assert.ok(isTextOver(data, 4_194_304));
      }
    });
    assert.ok(lookingMs < writingMs, `${lookingMs} ms`);
  });

  test('that nothing comes of is not too large', () => {
    assert.ok(!isJsonOver(undefined, 0));
  });

  test('must be fit to be written', () => {
    assert.throws(() => isJsonOver({ a: 1n }, 100), TypeError);
  });
});
