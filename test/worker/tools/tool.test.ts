import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { z } from 'zod';

import { defineTool, isTool } from '../../../src/worker/tools/tool.ts';

const definition = {
  name: 'paint',
  description: 'Paints.',
  input: z.object({ colour: z.string(), coats: z.int().default(2) }),
  run: async () => 'done',
};

suite('a tool', () => {
  test('publishes what may be left out as not required', () => {
    const { inputSchema } = defineTool(definition);
    assert.equal(inputSchema.$schema, 'https://json-schema.org/draft/2020-12/schema');
    assert.equal(inputSchema.type, 'object');
    assert.deepEqual(inputSchema.required, ['colour']);
  });

  test('publishes the schema of its output only if it has one', () => {
    assert.equal(defineTool(definition).outputSchema, undefined);
    const output = z.object({ count: z.int() });
    const { outputSchema } = defineTool({ ...definition, output, run: async () => ({ count: 1 }) });
    assert.equal(outputSchema?.type, 'object');
    assert.deepEqual(outputSchema.required, ['count']);
  });

  test('may take 30 s, unless it says otherwise', () => {
    assert.equal(defineTool(definition).timeoutMs, 30_000);
    assert.equal(defineTool({ ...definition, timeoutMs: 5 }).timeoutMs, 5);
  });

  test('is known by having been defined, and not by its looks', () => {
    const tool = defineTool(definition);
    assert.equal(isTool(tool), true);
    for (const other of [
      undefined,
      null,
      'tool',
      () => undefined,
      {},
      JSON.parse('{"name":"a"}'),
    ]) {
      assert.equal(isTool(other), false);
    }
  });

  test('cannot be defined with a schema that JSON cannot say', () => {
    assert.throws(() => defineTool({ ...definition, input: z.object({ when: z.date() }) }));
  });
});
