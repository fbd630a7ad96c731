import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { assertJson } from '../../src/shared/json.ts';

function deep(depth: number): object {
  return depth === 0 ? {} : { deeper: deep(depth - 1) };
}

const circle: { self?: object } = {};
circle.self = circle;

suite('a value', () => {
  for (const value of [undefined, null, 'a', 1, Number.NaN, [{ a: [1] }], deep(99), new Date(0)]) {
    test(`can be written as JSON: ${JSON.stringify(value)?.slice(0, 40)}`, () => {
      assertJson(value);
    });
  }

  for (const [what, value] of [
    ['a bigint', 1n],
    ['a bigint inside', [{ a: 1n }]],
    ['what goes round in circles', circle],
    ['what is too deep', deep(101)],
  ] as const) {
    test(`cannot be written as JSON if it is ${what}`, () => {
      assert.throws(() => {
        assertJson(value);
      }, TypeError);
    });
  }
});
