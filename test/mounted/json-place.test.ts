import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import * as fc from 'fast-check';

import { findJsonFault } from '../../src/worker/tools/mounted/json-place.ts';

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

suite('where a text stops being JSON', () => {
  for (const [text, line, column] of [
    ['', 1, 1],
    ['{"a": 1,}', 1, 9],
    ['[1, 2', 1, 6],
    ['{"a" 1}', 1, 6],
    ['{\n  // no\n  "a": 1\n}', 2, 3],
    ['{"a": tru}', 1, 7],
    ['{"a": 01}', 1, 7],
    ['{"a": 1} x', 1, 10],
    ['{"a": "b\nc"}', 1, 7],
    ["{'a': 1}", 1, 2],
  ] as const) {
    test(`is found in ${JSON.stringify(text)}`, () => {
      assert.deepEqual(findJsonFault(text), { line, column });
    });
  }

  test('is nowhere in what is JSON', () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(4), (text, indent) => {
        const spaced = JSON.stringify(JSON.parse(text), undefined, indent);
        assert.equal(findJsonFault(text), undefined);
        assert.equal(findJsonFault(spaced), undefined);
      }),
    );
  });

  test('is somewhere in what is none', () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(), fc.string({ maxLength: 3 }), (json, at, put) => {
        const cut = at % (json.length + 1);
        const text = json.slice(0, cut) + put + json.slice(cut + 1);
        assert.equal(findJsonFault(text) === undefined, isJson(text), text);
      }),
      { numRuns: 2_000 },
    );
  });

  test('is found without going deeper than any file of settings', () => {
    assert.deepEqual(findJsonFault('['.repeat(100_000)), { line: 1, column: 202 });
  });
});
