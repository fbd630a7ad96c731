import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import * as fc from 'fast-check';
import { textFrameOf } from '../../../src/worker/transport/text-frame.ts';

/** What the other end reads (RFC 6455 §5.2). */
function read(frame: Buffer): string {
  assert.equal(frame[0], 0x81);
  const short = frame[1] ?? 0;
  const [length, at] =
    short < 126
      ? [short, 2]
      : short === 126
        ? [frame.readUInt16BE(2), 4]
        : [Number(frame.readBigUInt64BE(2)), 10];
  assert.equal(frame.length, at + length);
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(frame.subarray(at));
}

suite('the frame of a text', () => {
  for (const length of [0, 1, 125, 126, 127, 65_535, 65_536, 1_000_000]) {
    test(`of ${length} bytes is read as it was`, () => {
      const text = 'x'.repeat(length);
      assert.equal(read(textFrameOf(text)), text);
    });
  }

  test('is read as it was, whatever its characters are', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (text) => {
        assert.equal(read(textFrameOf(text)), text);
      }),
      { numRuns: 1_000 },
    );
  });

  test('ends where a length begins to stand elsewhere, in characters of several bytes too', () => {
    for (const count of [41, 42, 21_845, 21_846]) {
      const text = '€'.repeat(count);
      assert.equal(read(textFrameOf(text)), text);
    }
  });
});
