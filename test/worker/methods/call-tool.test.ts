import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { z } from 'zod';

import { defineTool } from '../../../src/worker/tools/tool.ts';
import { converse, errorOf, resultOf } from './conversation.ts';

const paint = defineTool({
  name: 'paint',
  description: 'Paints.',
  input: z.object({ colour: z.string() }),
  run: async ({ colour }) => `painted ${colour}`,
});

const bare = defineTool({
  name: 'bare',
  description: 'Needs no arguments.',
  input: z.object({}),
  run: async () => 'done',
});

const secret = defineTool({
  name: 'secret',
  description: 'Is not for everybody.',
  scope: 'vault',
  input: z.object({}),
  run: async () => 'told',
});

const climbs = defineTool({
  name: 'climbs',
  description: 'Reports progress as it should not.',
  input: z.object({}),
  async run(_given, { progress }) {
    for (const step of [0, 2, 2, 1, 3.5]) {
      // In this order is the point.
      // oxlint-disable-next-line no-await-in-loop -- see above
      await progress(step, step > 2 ? 10 : undefined);
    }
    return 'up';
  },
});

const TOOLS = [paint, bare, secret, climbs];

suite('tools/call', () => {
  test('runs the tool and answers with its result', async () => {
    const { ask } = await converse({ tools: TOOLS });
    const answer = await ask('tools/call', { name: 'paint', arguments: { colour: 'blue' } });
    assert.deepEqual(resultOf(answer), { content: [{ type: 'text', text: 'painted blue' }] });
  });

  test('needs no arguments where the tool has none', async () => {
    const { ask } = await converse({ tools: TOOLS });
    const answer = await ask('tools/call', { name: 'bare' });
    assert.deepEqual(resultOf(answer), { content: [{ type: 'text', text: 'done' }] });
  });

  test('is refused where it comes too often, and says when to try again', async () => {
    const taken: string[] = [];
    const callRates = {
      take: (principal: string, tool: string): number => {
        taken.push(`${principal} ${tool}`);
        return taken.length > 1 ? 250 : 0;
      },
    };
    const { ask } = await converse({ tools: TOOLS, callRates });
    resultOf(await ask('tools/call', { name: 'bare' }));
    const { code, data } = errorOf(await ask('tools/call', { name: 'bare' }));
    assert.deepEqual([code, data], [429, { kind: 'limited', retryAfterMs: 250 }]);
    assert.deepEqual(taken, ['anonymous bare', 'anonymous bare']);
  });

  test('is not counted where the caller may not do it', async () => {
    const callRates = { take: () => assert.fail('It was counted') };
    const caller = { id: 'ann', scopes: new Set<string>() };
    const { ask } = await converse({ tools: TOOLS, callRates }, caller);
    assert.ok('error' in (await ask('tools/call', { name: 'secret' })));
  });

  test('answers arguments that do not fit as a result that the model reads', async () => {
    const { ask } = await converse({ tools: TOOLS });
    const result = resultOf(await ask('tools/call', { name: 'paint', arguments: { colour: 7 } }));
    assert.ok('isError' in result && result.isError === true);
    assert.match(JSON.stringify(result), /colour/);
  });

  for (const [what, params] of [
    ['a tool that is not there', { name: 'nothing' }],
    ['a tool named as what every object has', { name: 'constructor' }],
    ['no name', {}],
    ['a number for a name', { name: 7 }],
    ['an array of arguments', { name: 'bare', arguments: [1] }],
    ['a text for arguments', { name: 'bare', arguments: 'x' }],
    ['null for arguments', { name: 'bare', arguments: null }],
  ] as const) {
    test(`refuses ${what} with -32602`, async () => {
      const { ask } = await converse({ tools: TOOLS });
      assert.equal(errorOf(await ask('tools/call', params)).code, -32602);
    });
  }

  test('is to one who lacks the scope as if there were no such tool', async () => {
    const { ask } = await converse({ tools: TOOLS }, { id: 'ann', scopes: new Set() });
    const hidden = errorOf(await ask('tools/call', { name: 'secret' }));
    const unknown = errorOf(await ask('tools/call', { name: 'nothing' }));
    assert.deepEqual(hidden, unknown);
  });

  test('says what it takes to one who can come by the scope', async () => {
    const caller = { id: 'ann', scopes: new Set(['other']), obtainable: new Set(['vault']) };
    const { ask } = await converse({ tools: TOOLS }, caller);
    const { code, data } = errorOf(await ask('tools/call', { name: 'secret' }));
    assert.equal(code, 403);
    assert.deepEqual(data, { kind: 'forbidden', reason: 'insufficient_scope', scopes: ['vault'] });
  });
});

suite('progress', () => {
  for (const progressToken of [0, '', 'token', 7]) {
    test(`is sent upwards only, under the token ${JSON.stringify(progressToken)}`, async () => {
      const { ask, sent } = await converse({ tools: TOOLS });
      await ask('tools/call', { name: 'climbs', _meta: { progressToken } });
      const progress = sent.flatMap((message) => ('method' in message ? [message] : []));
      const method = 'notifications/progress';
      assert.deepEqual(progress, [
        { jsonrpc: '2.0', method, params: { progressToken, progress: 0 } },
        { jsonrpc: '2.0', method, params: { progressToken, progress: 2 } },
        { jsonrpc: '2.0', method, params: { progressToken, progress: 3.5, total: 10 } },
      ]);
      const last = sent.at(-1);
      assert.ok(last !== undefined && 'result' in last);
    });
  }

  for (const [what, meta] of [
    ['nothing', undefined],
    ['no token', {}],
    ['null for a token', { progressToken: null }],
    ['an object for a token', { progressToken: {} }],
    ['a fraction for a token', { progressToken: 0.5 }],
    ['an array', ['token']],
  ] as const) {
    test(`is not sent to one who gave ${what}`, async () => {
      const { ask, sent } = await converse({ tools: TOOLS });
      resultOf(await ask('tools/call', { name: 'climbs', _meta: meta }));
      assert.equal(sent.filter((message) => 'method' in message).length, 0);
    });
  }
});
