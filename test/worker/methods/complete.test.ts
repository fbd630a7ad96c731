import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { z } from 'zod';

import { definePrompt } from '../../../src/worker/prompts/prompt.ts';
import { defineResource } from '../../../src/worker/resources/resource.ts';
import { converse, errorOf, resultOf } from './conversation.ts';
import { ERAS, essenceOf } from './eras.ts';

const greet = definePrompt({
  name: 'greet',
  arguments: z.object({ who: z.string(), where: z.string().optional(), bare: z.string() }),
  complete: {
    who: async (typed, others) => [`${typed}!`, JSON.stringify(others)],
    where: async (typed) => Array.from({ length: 101 }, (_, index) => `${typed}${index}`),
  },
  get: async () => 'x',
});
const secret = definePrompt({ name: 'secret', scope: 'vault', get: async () => 'x' });
const slow = definePrompt({
  name: 'slow',
  arguments: z.object({ it: z.string() }),
  complete: { it: () => new Promise(() => undefined) },
  get: async () => 'x',
});
const asks = definePrompt({
  name: 'asks',
  arguments: z.object({ it: z.string() }),
  complete: {
    it: async (_typed, _others, { ask }) => {
      await ask({ roots: { method: 'roots/list' } });
      return [];
    },
  },
  get: async () => 'x',
});
const note = defineResource({
  uri: 'file:///{folder}/{id}',
  name: 'note',
  complete: { id: async (typed) => [typed, 'last'] },
  read: async () => 'x',
});
const plain = defineResource({ uri: 'file:///plain', name: 'plain', read: async () => 'x' });

const OFFERED = { prompts: [greet, secret, slow, asks], resources: [note, plain] };
const nobody = { id: 'ann', scopes: new Set<string>() };
const ofPrompt = (name: string) => ({ type: 'ref/prompt', name });
const ofResource = (uri: string) => ({ type: 'ref/resource', uri });
const typed = (name: string, value = '') => ({ name, value });

for (const [revision, inEra] of ERAS) {
  suite(`completion in ${revision}`, () => {
    for (const [what, params, values] of [
      [
        'an argument of a prompt',
        { ref: ofPrompt('greet'), argument: typed('who', 'A') },
        ['A!', '{}'],
      ],
      [
        'an argument, knowing the others',
        {
          ref: ofPrompt('greet'),
          argument: typed('who', 'A'),
          context: { arguments: { where: 'here' } },
        },
        ['A!', '{"where":"here"}'],
      ],
      [
        'an argument, knowing of no others',
        { ref: ofPrompt('greet'), argument: typed('who'), context: {} },
        ['!', '{}'],
      ],
      [
        'a variable of a template',
        { ref: ofResource('file:///{folder}/{id}'), argument: typed('id', '4') },
        ['4', 'last'],
      ],
      ['what nobody offers anything for', { ref: ofPrompt('greet'), argument: typed('bare') }, []],
      [
        'a variable nobody offers anything for',
        { ref: ofResource('file:///{folder}/{id}'), argument: typed('folder') },
        [],
      ],
    ] as const) {
      test(`is of ${what}`, async () => {
        const { ask } = await converse(OFFERED);
        const result = resultOf(await ask('completion/complete', inEra(params)));
        const completion = { values, total: values.length, hasMore: false };
        assert.deepEqual(essenceOf(result), { completion });
      });
    }

    test('is of a hundred values at most, and says how many there are', async () => {
      const { ask } = await converse(OFFERED);
      const params = inEra({ ref: ofPrompt('greet'), argument: typed('where', 'x') });
      const { completion } = essenceOf(resultOf(await ask('completion/complete', params)));
      const values = Array.from({ length: 100 }, (_, index) => `x${index}`);
      assert.deepEqual(completion, { values, total: 101, hasMore: true });
    });

    for (const [what, params] of [
      ['nothing', {}],
      ['no argument', { ref: ofPrompt('greet') }],
      ['an argument without a value', { ref: ofPrompt('greet'), argument: { name: 'who' } }],
      ['a number that was typed', { ref: ofPrompt('greet'), argument: { name: 'who', value: 1 } }],
      ['no ref', { argument: typed('who') }],
      ['a ref of another type', { ref: { type: 'ref/tool', name: 'a' }, argument: typed('who') }],
      ['a ref without a name', { ref: { type: 'ref/prompt' }, argument: typed('who') }],
      ['a prompt that is not there', { ref: ofPrompt('toString'), argument: typed('who') }],
      ['a template that is not there', { ref: ofResource('a:{b}'), argument: typed('b') }],
      ['a resource without variables', { ref: ofResource('file:///plain'), argument: typed('b') }],
      ['an argument that is not there', { ref: ofPrompt('greet'), argument: typed('toString') }],
      ['what all objects have', { ref: ofPrompt('greet'), argument: typed('__proto__') }],
      [
        'a number among the others',
        { ref: ofPrompt('greet'), argument: typed('who'), context: { arguments: { where: 1 } } },
      ],
      [
        'an array of others',
        { ref: ofPrompt('greet'), argument: typed('who'), context: { arguments: ['a'] } },
      ],
      ['null for a context', { ref: ofPrompt('greet'), argument: typed('who'), context: null }],
    ] as const) {
      test(`is refused with -32602 for ${what}`, async () => {
        const { ask } = await converse(OFFERED);
        assert.equal(errorOf(await ask('completion/complete', inEra(params))).code, -32602);
      });
    }

    test('is not to be had by one who lacks the scope', async () => {
      const { ask } = await converse(OFFERED, nobody);
      const params = { ref: ofPrompt('secret'), argument: typed('x') };
      const unknown = { ...params, ref: ofPrompt('none') };
      assert.deepEqual(
        errorOf(await ask('completion/complete', inEra(params))),
        errorOf(await ask('completion/complete', inEra(unknown))),
      );
    });

    test('is refused, with what it takes, to one who can come by the scope', async () => {
      const { ask } = await converse(OFFERED, { ...nobody, obtainable: new Set(['vault']) });
      const params = { ref: ofPrompt('secret'), argument: typed('x') };
      const { code, message } = errorOf(await ask('completion/complete', inEra(params)));
      assert.deepEqual([code, message], [403, 'This needs the scope vault']);
    });

    test('asks nobody anything', async () => {
      const { ask, sent, lines } = await converse(OFFERED);
      const params = inEra({ ref: ofPrompt('asks'), argument: typed('it') });
      assert.equal(errorOf(await ask('completion/complete', params)).code, 409);
      assert.equal(sent.length, 2);
      assert.deepEqual(lines, []);
    });
  });
}

const slowly = {
  jsonrpc: '2.0',
  id: 'slow',
  method: 'completion/complete',
  params: { ref: ofPrompt('slow'), argument: typed('it') },
};

test('a completion that takes over ten seconds is answered with 504', async (t) => {
  const { peer, sent, lines } = await converse(OFFERED);
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const completing = peer.receive(JSON.stringify(slowly));
  await new Promise(setImmediate);
  t.mock.timers.tick(10_000);
  await completing;
  const answer = sent.at(-1);
  assert.ok(answer !== undefined && 'error' in answer);
  assert.equal(answer.error.code, 504);
  assert.deepEqual(lines, []);
});

test('a completion that is cancelled ends, and nobody has to act on that', async () => {
  const { peer, sent, lines } = await converse(OFFERED);
  const completing = peer.receive(JSON.stringify(slowly));
  const cancelled = { jsonrpc: '2.0', method: 'notifications/cancelled' };
  await peer.receive(JSON.stringify({ ...cancelled, params: { requestId: 'slow' } }));
  await completing;
  assert.equal(sent.length, 1);
  assert.deepEqual(lines, []);
});
