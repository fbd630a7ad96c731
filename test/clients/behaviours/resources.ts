import assert from 'node:assert/strict';

import type { Behaviours } from './behaviour.ts';

const TEXT = 'test://static-text';
const PICTURE = 'test://static-binary';
const NOWHERE = 'test://nowhere';
const TEMPLATE = 'test://template/{id}/data';

/** What is read, and what is offered while one types. */
export const resources: Behaviours = {
  'reads a text': async ({ client }) => {
    const text = 'This is the content of the static text resource.';
    assert.deepEqual(await client.readResource(TEXT), [
      { uri: TEXT, mimeType: 'text/plain', text },
    ]);
  },

  'reads bytes': async ({ client }) => {
    const [contents = assert.fail()] = await client.readResource(PICTURE);
    assert.ok('blob' in contents && typeof contents.blob === 'string');
    assert.equal(Buffer.from(contents.blob, 'base64').toString('latin1', 1, 4), 'PNG');
  },

  'reads what a template names': async ({ client }) => {
    const uri = 'test://template/42/data';
    const text = JSON.stringify({ id: '42', templateTest: true, data: 'Data for ID: 42' });
    assert.deepEqual(await client.readResource(uri), [{ uri, mimeType: 'application/json', text }]);
  },

  'is told that there is no such resource': async ({ client }) => {
    // Which code says so depends on the era, and version 2 tells its users the modern one always.
    await assert.rejects(client.readResource(NOWHERE), { data: { uri: NOWHERE } });
  },

  'gets a prompt with its arguments': async ({ client }) => {
    const given = { arg1: 'one', arg2: 'two' };
    const text = "Prompt with arguments: arg1='one', arg2='two'";
    assert.deepEqual(await client.getPrompt('test_prompt_with_arguments', given), [
      { role: 'user', content: { type: 'text', text } },
    ]);
  },

  'is told which argument of a prompt is missing': async ({ client }) => {
    const got = client.getPrompt('test_prompt_with_arguments', { arg1: 'one' });
    await assert.rejects(got, { code: -32602, message: /arg2/ });
  },

  'is offered values for an argument and for a part of a URI': async ({ client }) => {
    const prompt = { type: 'ref/prompt', name: 'test_prompt_with_arguments' } as const;
    const values = await client.complete(prompt, { name: 'arg1', value: 'teste' });
    assert.deepEqual(values, ['tester']);
    const template = { type: 'ref/resource', uri: TEMPLATE } as const;
    assert.deepEqual(await client.complete(template, { name: 'id', value: '12' }), ['123', '124']);
  },
};
