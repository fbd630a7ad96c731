import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { toStandardJsonSchema } from '@valibot/to-json-schema';
import * as v from 'valibot';
import { z } from 'zod';

import { Failure } from '../../../src/shared/errors.ts';
import {
  type AuthorSchema,
  parseBySchema,
  publishSchema,
} from '../../../src/worker/authoring/author-schema.ts';

const ofZod = z.object({ colour: z.string(), coats: z.int().default(2) });
const ofValibot = toStandardJsonSchema(
  v.object({ colour: v.string(), coats: v.optional(v.pipe(v.number(), v.integer()), 2) }),
);
const ofNobody = {
  type: 'object',
  properties: { colour: { type: 'string' }, coats: { type: 'integer', default: 2 } },
  required: ['colour'],
};

const refuse = (fault: string): Failure => new Failure('invalid', fault);

suite('the schema of an author', () => {
  for (const [name, schema] of [
    ['zod', ofZod],
    ['valibot', ofValibot],
    ['nobody, in JSON Schema', ofNobody],
  ] as const) {
    test(`of ${name} is published with what may be left out`, () => {
      const { type, properties, required } = publishSchema(schema, 'input');
      assert.equal(type, 'object');
      assert.deepEqual(Object.keys({ ...Object(properties) }), ['colour', 'coats']);
      assert.deepEqual(required, ['colour']);
    });
  }

  for (const [name, schema] of [
    ['zod', ofZod],
    ['valibot', ofValibot],
  ] as const) {
    test(`of ${name} fills in defaults, and says the first fault where it is`, async () => {
      const parsed = await parseBySchema(schema, { colour: 'red' }, refuse);
      assert.deepEqual(parsed, { colour: 'red', coats: 2 });
      await assert.rejects(parseBySchema(schema, { colour: 7 }, refuse), (error) => {
        assert.ok(error instanceof Failure);
        assert.match(error.message, /^arguments\.colour: .*string/);
        return true;
      });
    });
  }

  test('names a place that is deep inside', async () => {
    const deep = z.object({ walls: z.array(z.object({ 'width mm': z.number() })) });
    const given = { walls: [{ 'width mm': 1 }, { 'width mm': 'wide' }] };
    await assert.rejects(parseBySchema(deep, given, refuse), {
      message: /^arguments\.walls\.1\.width mm: /,
    });
  });

  test('may transform, also later, and is published as what goes in', async () => {
    const length = z.object({ metres: z.string().transform(async (text) => Number(text) * 1_000) });
    assert.deepEqual(publishSchema(length, 'input').properties, { metres: { type: 'string' } });
    assert.deepEqual(await parseBySchema(length, { metres: '2' }, refuse), { metres: 2_000 });
  });

  test('in JSON Schema leaves what it is given', async () => {
    const given = { colour: 'red', more: [1] };
    assert.equal(await parseBySchema(ofNobody, given, refuse), given);
    assert.equal(await parseBySchema(undefined, given, refuse), given);
  });

  test('that cannot say itself is refused, with what to do', () => {
    // Its type is refused already: who writes JavaScript is to hear of it too.
    const bare = v.object({ a: v.string() }) as unknown as AuthorSchema;
    assert.throws(() => publishSchema(bare, 'input of "paint"'), {
      message:
        'The input of "paint" has no JSON Schema to be published: wrap it in toStandardJsonSchema of @valibot/to-json-schema',
    });
    const other = { '~standard': { version: 1, vendor: 'other', validate: () => ({ value: 1 }) } };
    assert.throws(() => publishSchema(other, 'input'), { message: /other does not say it/ });
  });

  test('with what JSON cannot say is refused, and the reason told', () => {
    const dated = z.object({ when: z.date() });
    assert.throws(() => publishSchema(dated, 'input'), {
      code: 'invalid',
      message: /^The input cannot be published as JSON Schema: Date /,
    });
  });
});
