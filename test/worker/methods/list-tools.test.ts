import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { z } from 'zod';

import { defineTool, type Tool } from '../../../src/worker/tools/tool.ts';
import { converse, errorOf, resultOf } from './conversation.ts';

function toolOf(name: string, scope?: string): Tool {
  return defineTool({
    name,
    description: `Is ${name}.`,
    input: z.object({}),
    run: async () => name,
    ...(scope === undefined ? {} : { scope }),
  });
}

const TOOLS = [toolOf('c'), toolOf('B', 'paint'), toolOf('a'), toolOf('d', 'saw')];

/** The names in an answer to `tools/list`. */
function namesIn(result: object): readonly unknown[] {
  assert.ok('tools' in result && Array.isArray(result.tools));
  return result.tools.map((tool: { name: unknown }) => tool.name);
}

suite('tools/list', () => {
  for (const [what, scopes, names] of [
    ['who may do everything', 'all', ['B', 'a', 'c', 'd']],
    ['who holds no scope', new Set<string>(), ['a', 'c']],
    ['who holds one', new Set(['paint']), ['B', 'a', 'c']],
  ] as const) {
    test(`shows a caller ${what} the tools it may call, in order`, async () => {
      const { ask } = await converse({ tools: TOOLS }, { id: 'ann', scopes });
      assert.deepEqual(namesIn(resultOf(await ask('tools/list'))), names);
    });
  }

  test('is one page, without a cursor to a next one', async () => {
    const { ask } = await converse({ tools: TOOLS });
    const { nextCursor } = JSON.parse(JSON.stringify(resultOf(await ask('tools/list', {}))));
    assert.equal(nextCursor, undefined);
  });

  for (const cursor of ['page2', '', null, 7]) {
    test(`refuses the cursor ${JSON.stringify(cursor)}, for it gave out none`, async () => {
      const { ask } = await converse({ tools: TOOLS });
      assert.equal(errorOf(await ask('tools/list', { cursor })).code, -32602);
    });
  }

  test('may be empty', async () => {
    const { ask } = await converse({});
    assert.deepEqual(resultOf(await ask('tools/list')), { tools: [], nextCursor: undefined });
  });
});
