import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import * as fc from 'fast-check';

import {
  definitionOf,
  findHashOfArguments,
  fingerprintOf,
  hashOfArguments,
} from '../../src/shared/fingerprint.ts';

const of = (given: unknown): string => fingerprintOf('tools/call', 'paint', given);

function nest(depth: number, innermost: unknown): unknown {
  return depth === 0 ? innermost : [nest(depth - 1, innermost)];
}

/** The same, with its fields in another order. */
function reversed(given: object): object {
  return Object.fromEntries(Object.entries(given).toReversed());
}

suite('a fingerprint', () => {
  test('is 16 hex digits, and holds nothing of the arguments', () => {
    fc.assert(fc.property(fc.jsonValue(), (given) => /^[0-9a-f]{16}$/.test(of(given))));
  });

  test('is the same in every version: it outlives a restart', () => {
    assert.equal(of({ colour: 'blue', coats: 2 }), '495f59048d85d519');
  });

  test('does not depend on the order of fields, however deep', () => {
    assert.equal(of({ a: 1, b: { c: [1], d: null } }), of({ b: { d: null, c: [1] }, a: 1 }));
    const fields = fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 5 });
    fc.assert(fc.property(fields, (given) => of(given) === of(reversed(given))));
  });

  for (const [what, a, b] of [
    ['another value', { a: 1 }, { a: 2 }],
    ['another type', { a: 1 }, { a: '1' }],
    ['another order in an array', { a: [1, 2] }, { a: [2, 1] }],
    ['a field of another name', { a: 1 }, { b: 1 }],
    ['a text that looks like two fields', { a: '1","b":"2' }, { a: '1', b: '2' }],
    ['a field called __proto__', JSON.parse('{"__proto__":1}'), {}],
    ['null and nothing', { a: null }, {}],
  ]) {
    test(`tells apart ${what}`, () => {
      assert.notEqual(of(a), of(b));
    });
  }

  test('tells apart tools and methods', () => {
    const names = new Set([
      fingerprintOf('a', 'b', {}),
      fingerprintOf('a', 'c', {}),
      fingerprintOf('b', 'b', {}),
      fingerprintOf('ab', '', {}),
    ]);
    assert.equal(names.size, 4);
  });

  test('looks 64 levels deep, so that no arguments exhaust the stack', () => {
    assert.notEqual(of(nest(64, 1)), of(nest(64, 2)));
    assert.equal(of(nest(65, 1)), of(nest(65, 2)));
    const deep: unknown = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`);
    assert.match(of(deep), /^[0-9a-f]{16}$/);
  });
});

suite('the hash of arguments', () => {
  test('does not depend on the order of fields, and is found by either way', () => {
    const found = findHashOfArguments({ a: 1, b: 2 });
    assert.match(found ?? '', /^[0-9a-f]{64}$/);
    assert.equal(found, hashOfArguments({ b: 2, a: 1 }));
    assert.notEqual(found, hashOfArguments({ b: 2, a: 2 }));
  });

  test('is not found for those that have it in common with others', () => {
    assert.notEqual(findHashOfArguments({ a: nest(62, 1) }), undefined);
    assert.equal(findHashOfArguments({ a: nest(64, 1) }), undefined);
    assert.equal(hashOfArguments({ a: nest(64, 1) }), hashOfArguments({ a: nest(64, 2) }));
  });

  test('is not found for those with a number that would be taken for null', () => {
    const given: Record<string, unknown> = JSON.parse('{"a":[1e999]}');
    assert.equal(findHashOfArguments(given), undefined);
    assert.equal(hashOfArguments(given), hashOfArguments({ a: [null] }));
  });

  test('is of the arguments as they are found, and stays that of theirs', () => {
    const given: Record<string, unknown> = { a: 1 };
    const found = findHashOfArguments(given);
    given.a = 2;
    assert.equal(hashOfArguments(given), found);
    assert.equal(findHashOfArguments(given), hashOfArguments({ a: 2 }));
  });
});

suite('a definition', () => {
  test('tells apart what differs in the deepest that a schema may hold', () => {
    assert.notEqual(
      definitionOf({ inputSchema: nest(64, 'Pays.') }),
      definitionOf({ inputSchema: nest(64, 'Steals.') }),
    );
  });

  test('is of all that is told, or of nothing', () => {
    assert.match(definitionOf({ a: nest(127, 1) }), /^[0-9a-f]{64}$/);
    assert.throws(() => definitionOf({ a: nest(128, 1) }), { code: 'invalid' });
  });

  test('does not depend on what is left out', () => {
    assert.equal(definitionOf({ a: 1, b: undefined }), definitionOf({ a: 1 }));
  });
});
