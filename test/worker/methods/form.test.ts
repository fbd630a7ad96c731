import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { fits } from '../../../src/worker/methods/form.ts';

const text = { type: 'string', minLength: 2, maxLength: 3 };
const choice = { type: 'string', enum: ['red', 'blue'], enumNames: ['Red', 'Blue'] };
const titled = { type: 'string', oneOf: [{ const: 'a', title: 'A' }, { const: 'b' }] };
const number = { type: 'number', minimum: -1, maximum: 1.5 };
const integer = { type: 'integer', minimum: 1, maximum: 3 };
const boolean = { type: 'boolean' };
const several = {
  type: 'array',
  minItems: 1,
  maxItems: 2,
  items: { type: 'string', enum: ['red', 'blue'] },
};
const severalTitled = { type: 'array', items: { anyOf: [{ const: 'a' }, { const: 'b' }] } };

suite('a field of a form', () => {
  for (const [field, fitting, others] of [
    [text, ['ab', 'abc', '\u{1f600}\u{1f600}'], ['a', 'abcd', '\u{1f600}', 7, null, ['ab'], {}]],
    [choice, ['red', 'blue'], ['green', '', 'Red', 0, null, ['red']]],
    [titled, ['a', 'b'], ['A', 'c', null]],
    [number, [-1, 0, 0.5, 1.5], [-1.1, 1.6, '1', null, true]],
    [integer, [1, 3], [0, 4, 1.5, '1', null]],
    [boolean, [true, false], ['true', 0, 1, null]],
    [several, [['red'], ['red', 'blue']], [[], ['red', 'red', 'red'], ['green'], 'red', {}]],
    [severalTitled, [[], ['a', 'b', 'a']], [['c'], [1], 'a']],
  ] as const) {
    const schema = { type: 'object', properties: { it: field } };
    for (const value of fitting) {
      test(`of ${JSON.stringify(field)} takes ${JSON.stringify(value)}`, () => {
        assert.equal(fits(schema, { it: value }), true);
      });
    }
    for (const value of others) {
      test(`of ${JSON.stringify(field)} does not take ${JSON.stringify(value)}`, () => {
        assert.equal(fits(schema, { it: value }), false);
      });
    }
  }
});

suite('a form', () => {
  const schema = { type: 'object', properties: { a: text, b: boolean }, required: ['a'] };

  for (const [content, isFit] of [
    [{ a: 'ab' }, true],
    [{ a: 'ab', b: true }, true],
    [{ a: 'ab', b: 'true' }, false],
    [{ a: 'ab', other: { deep: [] } }, true],
    [{ b: true }, false],
    [{}, false],
    [[], false],
    ['ab', false],
    [null, false],
    [undefined, false],
  ] as const) {
    test(`that needs a text ${isFit ? 'takes' : 'does not take'} ${JSON.stringify(content)}`, () => {
      assert.equal(fits(schema, content), isFit);
    });
  }

  for (const name of ['toString', 'constructor', '__proto__']) {
    test(`that needs ${name} is not filled in by what all objects have`, () => {
      const needed = { type: 'object', properties: {}, required: [name] };
      assert.equal(fits(needed, {}), false);
      assert.equal(fits(needed, JSON.parse(`{"${name}":"x"}`)), true);
    });
  }

  for (const broken of [
    { type: 'object', properties: [] },
    { type: 'object', required: 'a' },
    { type: 'object', required: [7] },
  ]) {
    test(`is filled in by nothing if it is none: ${JSON.stringify(broken)}`, () => {
      assert.equal(fits(broken, { a: 'ab' }), false);
    });
  }
});
