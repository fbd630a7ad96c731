import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Ajv2020 } from 'ajv/dist/2020.js';
import {
  array,
  assert as assertAll,
  boolean,
  constantFrom,
  dictionary,
  letrec,
  oneof,
  property,
} from 'fast-check';
import { z } from 'zod';

import { isPlainSchema } from '../../../src/worker/tools/plain-schema.ts';

const ajv = new Ajv2020({ strict: false, validateFormats: false });
/** Keywords of all vocabularies, those of none, and names that objects have anyway. */
const KEYWORDS =
  '$schema $comment $ref $id $anchor $dynamicRef $defs $vocabulary title description default deprecated readOnly writeOnly examples type const enum multipleOf minimum maximum exclusiveMinimum exclusiveMaximum minLength maxLength pattern format contentSchema contentEncoding items prefixItems contains minItems maxItems uniqueItems minContains properties patternProperties required additionalProperties propertyNames minProperties maxProperties dependentRequired dependentSchemas dependencies definitions unevaluatedItems allOf anyOf oneOf not if then else constructor unknown'.split(
    ' ',
  );

/** What holds nothing but what a schema may: most are valid, and many are not. */
const schemas = letrec((tie) => ({
  schema: oneof(
    { depthSize: 'small', withCrossShrink: true },
    boolean(),
    dictionary(constantFrom(...KEYWORDS), tie('held'), { maxKeys: 3 }),
  ),
  held: oneof(
    { depthSize: 'small' },
    constantFrom('string', 'object', 'text', 'https://json-schema.org/draft/2020-12/schema', ''),
    constantFrom(0, 1, -1, 1.5, true, false, null),
    array(constantFrom('string', 'a', 'b', 1), { maxLength: 2 }),
    array(tie('schema'), { maxLength: 2 }),
    tie('schema'),
    dictionary(constantFrom('a', 'constructor'), tie('schema'), { maxKeys: 2 }),
  ),
})).schema;

test('what looks like a schema is one by its meta-schema', () => {
  let plain = 0;
  assertAll(
    property(schemas, (schema) => {
      if (!isPlainSchema(schema)) return;
      plain += 1;
      assert.equal(ajv.validateSchema(schema), true, JSON.stringify(schema));
    }),
    { numRuns: 20_000 },
  );
  assert.ok(plain > 1_000, `only ${plain} were plain`);
});

test('what authors write is seen at a glance to be a schema', () => {
  const input = z.toJSONSchema(
    z.object({
      name: z.string().min(1).max(80).describe('What it is called'),
      count: z.int().positive().default(1),
      kind: z.enum(['one', 'other']).optional(),
      tags: z.array(z.string().regex(/^[a-z]+$/)).max(5),
      at: z.union([z.iso.datetime(), z.null()]),
    }),
  );
  assert.ok(isPlainSchema(input));
});

test('what is rare, wrong, or inherited is left to the meta-schema', () => {
  const others = [
    null,
    'object',
    [],
    { type: 'text' },
    { minLength: -1 },
    { required: ['a', 'a'] },
    { anyOf: [] },
    { properties: { a: 1 } },
    { $schema: 'http://json-schema.org/draft-07/schema#' },
    { if: true },
    { constructor: true },
    Object.create({ type: 'text' }),
  ];
  for (const other of others) assert.equal(isPlainSchema(other), false, JSON.stringify(other));
});
