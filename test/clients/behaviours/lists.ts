import assert from 'node:assert/strict';

import { many } from '../many.ts';
import type { Behaviours } from './behaviour.ts';

/** Lists that have more than one page, and what is asked of whole servers. */
export const lists: Behaviours = {
  'sees all tools, page by page': async ({ client }) => {
    isWhole(await client.listTools(), [...many.tools, 'test_simple_text', 'who_serves']);
  },

  'sees all resources, page by page': async ({ client }) => {
    isWhole(await client.listResources(), [...many.resources, 'test://static-text']);
  },

  'sees all templates of resources, page by page': async ({ client }) => {
    isWhole(await client.listTemplates(), [...many.templates, 'test://template/{id}/data']);
  },

  'sees all prompts, page by page': async ({ client }) => {
    isWhole(await client.listPrompts(), [...many.prompts, 'test_simple_prompt']);
  },

  'is answered when it asks whether the server is there': async ({ client }) => {
    await client.ping();
  },
};

/** Everything is there once, in order. */
function isWhole(list: readonly string[], expected: readonly string[]): void {
  assert.deepEqual(list, [...new Set(list)].toSorted());
  assert.deepEqual(
    expected.filter((name) => !list.includes(name)),
    [],
  );
}
