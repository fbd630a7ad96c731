import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { encodeHangLine, parseHangLine } from '../../src/shared/hang-line.ts';

suite('a line about a blocked event loop', () => {
  for (const frames of [[], ['spin (tools/a.ts:7)', '(anonymous) (node:internal/timers:5)']]) {
    test(`is read back with ${frames.length} frames`, () => {
      assert.deepEqual(parseHangLine(encodeHangLine(frames).trimEnd()), frames);
    });
  }

  test('is one line of 4096 bytes at most, with as many of the innermost frames as fit', () => {
    const frames = Array.from({ length: 50 }, (_, index) => `${index} ${'\u{1F980}\n'.repeat(99)}`);
    const line = encodeHangLine(frames);
    assert.ok(Buffer.byteLength(line) <= 4_096);
    assert.equal(line.indexOf('\n'), line.length - 1);
    const read = parseHangLine(line.trimEnd());
    assert.ok(read !== undefined && read.length > 1);
    assert.ok(read.every((frame, index) => frame.startsWith(`${index} `)));
  });

  test('holds 20 frames at most', () => {
    const frames = Array.from({ length: 21 }, (_, index) => String(index));
    assert.equal(parseHangLine(encodeHangLine(frames).trimEnd())?.length, 20);
  });

  for (const line of [
    '',
    'HOLDFAST_HANG',
    'HOLDFAST_HANG {"frames":["cut',
    'HOLDFAST_HANG {"frames":[7]}',
    'HOLDFAST_HANG null',
    ' HOLDFAST_HANG {"frames":[]}',
    'Error: HOLDFAST_HANG {"frames":[]}',
  ]) {
    test(`is not "${line}"`, () => {
      assert.equal(parseHangLine(line), undefined);
    });
  }
});
