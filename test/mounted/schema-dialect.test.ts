import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { modernSchema } from '../../src/worker/tools/mounted/schema-dialect.ts';

suite('a schema of another server', () => {
  for (const $schema of [
    'http://json-schema.org/draft-07/schema#',
    'http://json-schema.org/draft-07/schema',
    'https://json-schema.org/draft/2019-09/schema',
  ]) {
    test(`in ${$schema} is put in the words of 2020-12`, () => {
      const item = { type: 'string' };
      assert.deepEqual(
        modernSchema({
          $schema,
          $id: 'theirs',
          type: 'object',
          properties: {
            items: { type: 'array', items: item },
            pair: { type: 'array', items: [item, item], additionalItems: false },
          },
          default: { items: [1], $id: 'data' },
        }),
        {
          type: 'object',
          properties: {
            items: { type: 'array', items: item },
            pair: { type: 'array', prefixItems: [item, item], items: false },
          },
          default: { items: [1], $id: 'data' },
        },
      );
    });
  }

  test('in a dialect that nobody knows still names it, and is refused for it', () => {
    const schema = { $schema: 'https://example.com/mine', type: 'object' };
    assert.deepEqual(modernSchema(schema), schema);
  });
});
