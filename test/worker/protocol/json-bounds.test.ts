import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import * as fc from 'fast-check';

import { overrunOf } from '../../../src/worker/protocol/json-bounds.ts';

const BOUNDS = { depthMax: 8, elementsMax: 1_000 };
const nested = (levels: number): string =>
  `${'[{"a":'.repeat(levels / 2)}1${'}]'.repeat(levels / 2)}`;
const list = (values: number): string => `[${Array.from({ length: values }, () => 1).join()}]`;

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

suite('the bounds of JSON', () => {
  test('are reached at as many levels as were said', () => {
    assert.equal(overrunOf(nested(8), BOUNDS), undefined);
    assert.equal(overrunOf(nested(10), BOUNDS), 'json_depth');
  });

  test('are reached at as many values as were said', () => {
    // The list is a value too.
    assert.equal(overrunOf(list(999), BOUNDS), undefined);
    assert.equal(overrunOf(list(1_000), BOUNDS), 'json_elements');
    const keys = Array.from({ length: 1_000 }, (_, at) => `"${at}":0`).join();
    assert.equal(overrunOf(`{${keys}}`, BOUNDS), 'json_elements');
    assert.equal(overrunOf(`[${'[],'.repeat(500)}0]`, BOUNDS), 'json_elements');
  });

  test('do not count what is in a string, however it is escaped', () => {
    for (const text of ['[{,'.repeat(2_000), `\\${'"[,'.repeat(2_000)}`, '\\'.repeat(2_000)]) {
      assert.equal(overrunOf(JSON.stringify([text, text]), BOUNDS), undefined);
      assert.equal(overrunOf(`${JSON.stringify(text)}${nested(10)}`, BOUNDS), 'json_depth');
    }
  });

  test('leave to the parser what is no JSON', () => {
    const { length } = list(1_000);
    for (const text of ['"[[[[', ']]]]', '{"a":"\\']) {
      assert.equal(overrunOf(text.padEnd(length, ' '), BOUNDS), undefined);
    }
  });

  test('are as many levels as a parser finds, whatever JSON it is', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 12 }), (value) => {
        const text = JSON.stringify(value).padEnd(16, ' ');
        const isDeep = overrunOf(text, { depthMax: 8, elementsMax: 1_000_000 }) === 'json_depth';
        assert.equal(isDeep, depthOf(value) > 8);
      }),
    );
  });
});
