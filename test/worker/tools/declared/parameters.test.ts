import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { parseDocuments } from '../../../../src/worker/tools/declared/document.ts';
import {
  type Parameters,
  parseParameters,
} from '../../../../src/worker/tools/declared/parameters.ts';
import { ToolError } from '../../../../src/worker/tools/tool-error.ts';
import { faultsIn } from './declared.ts';

function parse(text: string): Parameters {
  const [document] = parseDocuments(text, 'tools.yaml');
  assert.ok(document !== undefined);
  return parseParameters(document);
}

const isRounded = (thrown: unknown): boolean => thrown instanceof ToolError;

const many = (count: number): string =>
  Array.from({ length: count }, (_none, index) => `p${index}: { type: string }`).join('\n');

suite('parameters', () => {
  test('are published as JSON Schema', () => {
    const { schema } = parse(`
a: { type: integer, title: A, description: One., minimum: 0, exclusiveMaximum: 9, examples: [1] }
b: { type: string, minLength: 1, maxLength: 9, pattern: '^x', format: email, enum: [x, xy] }
c: { type: number, default: 1.5 }
d: { type: boolean, required: false }
e: { type: date }
f: { type: timestamp }
g: { type: uuid, required: true }
h: { type: array, minItems: 1, maxItems: 3, uniqueItems: true, items: { type: date, enum: ['2026-01-01'] } }
`);
    assert.deepEqual(schema, {
      type: 'object',
      properties: {
        a: {
          type: 'integer',
          minimum: 0,
          exclusiveMaximum: 9,
          title: 'A',
          description: 'One.',
          examples: [1],
        },
        b: {
          type: 'string',
          enum: ['x', 'xy'],
          minLength: 1,
          maxLength: 9,
          pattern: '^x',
          format: 'email',
        },
        c: { type: 'number', default: 1.5 },
        d: { type: 'boolean' },
        e: { type: 'string', format: 'date' },
        f: { type: 'string', format: 'date-time' },
        g: { type: 'string', format: 'uuid' },
        h: {
          type: 'array',
          minItems: 1,
          maxItems: 3,
          uniqueItems: true,
          items: { type: 'string', format: 'date', enum: ['2026-01-01'] },
        },
      },
      required: ['a', 'b', 'e', 'f', 'g', 'h'],
      additionalProperties: false,
    });
  });

  test('are none where there are none', () => {
    const none = { type: 'object', properties: {}, required: [], additionalProperties: false };
    assert.deepEqual(parseParameters(undefined).schema, none);
  });

  test('are worth what is given, else their default, else nothing', () => {
    const { fill } = parse(
      'a: { type: integer, default: 1 }\nb: { type: string, required: false }\ntoString: { type: string, required: false }',
    );
    assert.deepEqual(
      [...fill({})],
      [
        ['a', 1],
        ['b', undefined],
        ['toString', undefined],
      ],
    );
    assert.deepEqual(
      [...fill({ a: 0, b: '' })],
      [
        ['a', 0],
        ['b', ''],
        ['toString', undefined],
      ],
    );
  });

  test('are not taken for numbers that JSON has rounded', () => {
    const { fill } = parse(
      'a: { type: integer, default: 1 }\nb: { type: array, items: { type: integer }, default: [] }\nc: { type: number, default: 1 }',
    );
    assert.throws(() => fill({ a: 9_007_199_254_740_992 }), isRounded);
    assert.throws(() => fill({ b: [1, -9_007_199_254_740_992] }), isRounded);
    assert.equal(fill({ a: 9_007_199_254_740_991, c: 1e300 }).get('c'), 1e300);
  });

  for (const [what, text, fault] of [
    ['no type', 'a: {}', '1:4 "a" has no "type"'],
    [
      'a type that is none',
      'a: { type: int }',
      '1:12 "a.type" is to be one of string, integer, number, boolean, date, timestamp, uuid, array',
    ],
    [
      'a name that is none',
      'a-b: { type: string }',
      '1:1 "a-b" does not match ^[A-Za-z_][A-Za-z0-9_]{0,62}$',
    ],
    ['a list of nothing', 'a: { type: array }', '1:4 "a" has no "items"'],
    [
      'a list of lists',
      'a: { type: array, items: { type: array } }',
      '1:34 "a.items.type" is to be one of string, integer, number, boolean, date, timestamp, uuid',
    ],
    [
      'a rule of its items',
      'a: { type: array, minimum: 1, items: { type: integer } }',
      '1:19 "a.minimum" is a rule for its items',
    ],
    [
      'a rule of lists',
      'a: { type: string, minItems: 1 }',
      '1:20 "a.minItems" is for the type array',
    ],
    [
      'a default that is not allowed',
      'a: { type: string, default: 1 }',
      '1:29 "a.default" is not one of its values: it must be string',
    ],
    [
      'a default, and that it is required',
      'a: { type: string, default: x, required: true }',
      '1:4 "a" has a default, and so is not required',
    ],
    [
      'a pattern that is none',
      'a: { type: string, pattern: "(" }',
      '1:4 "a" has a rule that JSON Schema does not allow',
    ],
    [
      'a rule that is none',
      'a: { type: string, maxLength: -1 }',
      '1:4 "a" has a rule that JSON Schema does not allow',
    ],
    [
      'a field that is none',
      'a: { type: string, deflaut: x }',
      '1:20 "a.deflaut" is not known here. Did you mean "default"?',
    ],
  ] as const) {
    test(`with ${what} are refused`, () => {
      let faults: readonly string[] = [];
      try {
        parse(text);
      } catch (error) {
        faults = faultsIn(error);
      }
      assert.deepEqual(
        faults.map((found) => found.slice(0, fault.length)),
        [fault],
      );
    });
  }

  test('are 100 at most', () => {
    assert.equal(parse(many(100)).list.length, 100);
    assert.throws(() => parse(many(101)), /has more than 100/);
  });
});
