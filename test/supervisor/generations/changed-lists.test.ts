import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import type { ProofEntry } from '../../../src/shared/proof.ts';
import { changedLists } from '../../../src/supervisor/generations/changed-lists.ts';
import { proofOf } from './proofs.ts';

const tool: ProofEntry = {
  kind: 'tool',
  name: 'add',
  description: 'Adds',
  scope: undefined,
  source: '/tools/add.ts',
  definition: 'aa',
  told: undefined,
};
const prompt: ProofEntry = { ...tool, kind: 'prompt', name: 'greet' };
const resource: ProofEntry = { ...tool, kind: 'resource', name: 'notes://all' };

suite('the lists that changed', () => {
  const before = proofOf('1', [tool, prompt, resource]);
  for (const [what, entries, expected] of [
    ['nothing did', [tool, prompt, resource], []],
    ['only their order did', [resource, tool, prompt], []],
    ['only where they are written did', [{ ...tool, source: '/b.ts' }, prompt, resource], []],
    ['what is told of a tool did', [{ ...tool, definition: 'bb' }, prompt, resource], ['tools']],
    ['who may know of a prompt did', [tool, { ...prompt, scope: 'x' }, resource], ['prompts']],
    ['a resource went', [tool, prompt], ['resources']],
    ['one came', [tool, { ...tool, name: 'b' }, prompt, resource], ['tools']],
    ['one of each went', [], ['tools', 'resources', 'prompts']],
  ] as const) {
    test(`are ${JSON.stringify(expected)} if ${what}`, () => {
      assert.deepEqual(changedLists(before, proofOf('2', entries)), expected);
    });
  }

  test('are all if it is not known how they were', () => {
    assert.deepEqual(changedLists(undefined, before), ['tools', 'resources', 'prompts']);
    assert.deepEqual(changedLists(before, undefined), ['tools', 'resources', 'prompts']);
  });
});
