import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { z } from 'zod';

import { Failure } from '../../../src/shared/errors.ts';
import type { JsonSchema } from '../../../src/worker/domain/json-schema.ts';
import { type Check, SchemaCompiler } from '../../../src/worker/tools/schema.ts';
import { weighSchema } from '../../../src/worker/tools/schema-bounds.ts';

const BROKEN_OFF_MS = 250;

const checkOf = (schema: JsonSchema): Check =>
  new SchemaCompiler({ isProved: false }).compile(schema, 'arguments', 'tried');

/** What a check says, and that it says it soon. */
function soon(check: Check, value: unknown): string | undefined {
  const before = performance.now();
  const fault = check(value);
  const took = performance.now() - before;
  assert.ok(took < BROKEN_OFF_MS * 4, `It took ${took} ms`);
  return fault;
}

function nested(levels: number): JsonSchema {
  let schema: JsonSchema = { type: 'string' };
  for (let level = 0; level < levels; level += 1) schema = { items: schema };
  return schema;
}

suite('a check', () => {
  for (const [pattern, value] of [
    ['^(a+)+$', `${'a'.repeat(60)}!`],
    ['^(a|aa)+$', `${'a'.repeat(90)}!`],
    ['^(\\w+\\s?)*$', `${'word '.repeat(50)}!`],
    ['^a*a*a*a*a*$', `${'a'.repeat(20_000)}!`],
    ['^(a{1,50}){1,50}$', `${'a'.repeat(3_000)}!`],
  ] as const) {
    test(`is broken off that a pattern would keep busy for long: ${pattern}`, () => {
      const expected = 'arguments takes too long to check';
      assert.equal(soon(checkOf({ pattern }), value), expected);
      const named = { patternProperties: { [pattern]: true }, additionalProperties: false };
      assert.equal(soon(checkOf(named), { [value]: 1 }), expected);
      // The next one is its own.
      assert.equal(soon(checkOf({ pattern }), 'a'), undefined);
    });
  }

  test('is broken off that compares all with all', () => {
    const check = checkOf({ uniqueItems: true });
    const many = Array.from({ length: 30_000 }, (_none, index) => ({ index }));
    assert.equal(soon(check, many), 'arguments takes too long to check');
    assert.match(check([1, 1]) ?? '', /duplicate/);
    assert.equal(check([1, 2]), undefined);
  });

  test('by a schema that leads back to itself goes as deep as the value', () => {
    const check = checkOf({ properties: { next: { $ref: '#' }, end: { type: 'string' } } });
    assert.equal(check({ next: { next: { end: 'here' } } }), undefined);
    assert.match(check({ next: { next: { end: 1 } } }) ?? '', /arguments\.next\.next\.end must be/);
    const deep: unknown = JSON.parse('{"next":'.repeat(100_000) + '1' + '}'.repeat(100_000));
    assert.equal(soon(check, deep), 'arguments is nested too deeply to check');
  });

  test('by a schema that leads back to itself at once ends all the same', () => {
    const check = checkOf({ allOf: [{ $ref: '#' }] });
    assert.equal(soon(check, {}), 'arguments is nested too deeply to check');
  });
});

suite('a schema', () => {
  for (const [what, schema] of [
    ['of elsewhere', { $ref: 'http://127.0.0.1:1/schema.json' }],
    ['of a file', { $ref: 'file:///etc/passwd' }],
    ['of a dialect from elsewhere', { $schema: 'http://127.0.0.1:1/schema.json' }],
    ['of 10,000 parts', { anyOf: Array.from({ length: 10_000 }, () => ({})) }],
    ['of 100 levels', nested(100)],
    ['whose pattern is none', { pattern: '(' }],
  ] as const) {
    test(`${what} is refused when it is loaded`, () => {
      assert.throws(
        () => checkOf(schema),
        (thrown) => thrown instanceof Failure && /"tried"/.test(thrown.message),
      );
    });
  }

  test('is checked in the plain way unless a pattern could be costly', () => {
    const plain = z.toJSONSchema(
      z.object({ id: z.uuid(), day: z.iso.date(), tag: z.string().regex(/^[a-z*+]+$/) }),
    );
    assert.equal(weighSchema(plain, 'tried'), 'plain');
    for (const schema of [z.email(), z.string().regex(/^(?:a|b)+$/)]) {
      assert.equal(weighSchema(z.toJSONSchema(schema), 'tried'), 'steep');
    }
    assert.equal(checkOf(z.toJSONSchema(z.email()))('ann@example.org'), undefined);
  });
});

suite('a check of a schema that was proved', () => {
  const compiler = new SchemaCompiler({ isProved: true });

  test('is like any other', () => {
    const check = compiler.compile({ properties: { a: { type: 'number' } } }, 'arguments', 'tried');
    for (let times = 0; times < 2; times += 1) {
      assert.equal(check({ a: 1 }), undefined);
      assert.equal(check({ a: 'one' }), 'arguments.a must be number');
    }
  });

  test('is made when it is first asked for, but its schema is never too deep', () => {
    const wrong = compiler.compile({ pattern: '(' }, 'arguments', 'tried');
    assert.throws(() => wrong('a'), Failure);
    assert.throws(() => compiler.compile(nested(100), 'arguments', 'tried'), Failure);
  });
});

suite('of two schemas', () => {
  const one = { $id: 'https://x.example/one', $defs: { n: { $id: 'n', type: 'number' } } };

  test('neither finds what only the other has, whichever comes first', () => {
    for (const $ref of ['https://x.example/one', 'https://x.example/n']) {
      const compiler = new SchemaCompiler({ isProved: false });
      compiler.compile(one, 'arguments', 'one');
      assert.throws(() => compiler.compile({ items: { $ref } }, 'arguments', 'other'), Failure);
    }
  });

  test('both may have the same name, and each finds itself by it', () => {
    const compiler = new SchemaCompiler({ isProved: false });
    const [number, text] = ['number', 'string'].map((type) =>
      compiler.compile(
        { $id: 'https://x.example/one', properties: { a: { type }, inner: { $ref: 'one' } } },
        'arguments',
        'tried',
      ),
    );
    assert.equal(number?.({ inner: { a: 1 } }), undefined);
    assert.equal(number?.({ inner: { a: 'one' } }), 'arguments.inner.a must be number');
    assert.equal(text?.({ inner: { a: 'one' } }), undefined);
  });
});
