import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { assertJson, weighJson } from '../../src/shared/json.ts';

function deep(depth: number): object {
  return depth === 0 ? {} : { deeper: deep(depth - 1) };
}

function holes(length: number): unknown[] {
  const array: unknown[] = [];
  array.length = length;
  return array;
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

suite('the weight of a value', () => {
  for (const value of [
    'text',
    true,
    null,
    [true, 'a', null, [1, 2]],
    { a: 1, b: { c: ['d'] }, e: null },
    [undefined, () => undefined, Symbol('a')],
    { a: undefined, b: () => undefined, c: Symbol('a'), d: 1 },
    new Date(0),
    { toJSON: () => ({ other: 'thing' }) },
    { toJSON: () => undefined },
    [{ toJSON: () => undefined }],
  ]) {
    test(`is how many characters its JSON has: ${JSON.stringify(value)}`, () => {
      assert.equal(weighJson(value, 1_000), (JSON.stringify(value) ?? '').length);
    });
  }

  test('is never more than its JSON has, whatever that is written with', () => {
    for (const value of [
      [],
      {},
      false,
      -1.5e-7,
      ['"', '\n', '\u0000'],
      { 'a"b': 123_456 },
      Buffer.from('bytes'),
    ]) {
      assert.ok(weighJson(value, 1_000) <= JSON.stringify(value).length);
    }
  });

  test('is without end where it is more than it may be', () => {
    assert.equal(weighJson('x'.repeat(8), 10), 10);
    for (const value of [
      'x'.repeat(9),
      ['xxxxxxx'],
      { a: 'xxx' },
      [1, 2, 3, 4, 5, 6],
      holes(6),
      Buffer.alloc(11),
    ]) {
      assert.equal(weighJson(value, 10), Number.POSITIVE_INFINITY);
    }
  });

  test('of what is far too much costs no more than what may be', () => {
    let looks = 0;
    const counted = {
      get part() {
        looks += 1;
        return 'x';
      },
    };
    // Each holds the one before twice: 2^60 in all.
    let value: object = counted;
    for (let n = 0; n < 60; n += 1) value = [value, value];
    assert.equal(weighJson(value, 1_000), Number.POSITIVE_INFINITY);
    assert.ok(looks < 1_000);
    assert.equal(weighJson(holes(4_000_000_000), 1_000_000), Number.POSITIVE_INFINITY);
  });

  test('is not looked for in what cannot be written', () => {
    for (const value of [1n, [{ a: 1n }], circle, deep(101)]) {
      assert.throws(() => weighJson(value, 1_000_000), TypeError);
    }
  });
});
