import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { Failure } from '../../../src/shared/errors.ts';
import { findMirrored } from '../../../src/worker/tools/mirrored.ts';

const mirrored = (name: unknown, type: unknown = 'string') => ({ type, 'x-mcp-header': name });
const object = (properties: object, more: object = {}) => {
  return { type: 'object', properties, ...more };
};

suite('arguments that headers say too', () => {
  for (const [what, schema, found] of [
    ['none', object({ a: { type: 'string' } }), []],
    ['none where there are no properties', { type: 'object' }, []],
    ['a text', object({ a: mirrored('Region') }), [{ name: 'Region', path: ['a'] }]],
    [
      'an integer and a boolean',
      object({ a: mirrored('A', 'integer'), b: mirrored('B', 'boolean') }),
      [
        { name: 'A', path: ['a'] },
        { name: 'B', path: ['b'] },
      ],
    ],
    [
      'one that lies deeper',
      object({ a: object({ b: object({ c: mirrored('Deep') }) }) }),
      [{ name: 'Deep', path: ['a', 'b', 'c'] }],
    ],
    ['a field of that name, which is none', object({ 'x-mcp-header': { type: 'string' } }), []],
    [
      'data that looks like one',
      object({ a: { type: 'object', default: { 'x-mcp-header': 'A' } } }),
      [],
    ],
  ] as const) {
    test(`are ${what}`, () => {
      assert.deepEqual(findMirrored(schema, 'paint'), found);
    });
  }

  for (const [what, schema] of [
    ['a number', object({ a: mirrored('A', 'number') })],
    ['an object', object({ a: mirrored('A', 'object') })],
    ['a choice of types', object({ a: mirrored('A', ['string', 'null']) })],
    ['no name', object({ a: mirrored('') })],
    ['a name with a space', object({ a: mirrored('A B') })],
    ['a name that breaks the line', object({ a: mirrored('A\r\nB') })],
    ['a name that is too long', object({ a: mirrored('A'.repeat(65)) })],
    ['a name twice', object({ a: mirrored('A'), b: mirrored('a') })],
    ['an item of a list', object({ a: { type: 'array', items: mirrored('A') } })],
    ['one of several choices', object({ a: { anyOf: [mirrored('A')] } })],
    ['what is defined elsewhere', object({}, { $defs: { a: mirrored('A') } })],
    ['whatever else there is', object({}, { additionalProperties: mirrored('A') })],
    ['the whole', { ...object({}), 'x-mcp-header': 'A' }],
  ] as const) {
    test(`cannot be ${what}, and the tool is named`, () => {
      assert.throws(
        () => findMirrored(schema, 'paint'),
        (thrown) => {
          assert.ok(thrown instanceof Failure && thrown.code === 'invalid');
          return thrown.message.includes('"paint"');
        },
      );
    });
  }
});
