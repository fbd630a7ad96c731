import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { z } from 'zod';

import { definePrompt } from '../../../src/worker/prompts/prompt.ts';
import { converse, errorOf, HELLO, openConversation, resultOf } from './conversation.ts';
import { ERAS, essenceOf } from './eras.ts';

const greet = definePrompt({
  name: 'greet',
  title: 'Greet',
  description: 'Greets somebody.',
  icons: [{ src: 'https://icons.example/g.png' }],
  arguments: z.object({
    who: z.string().min(2).meta({ title: 'Who', description: 'Whom to greet' }),
    how: z.enum(['loudly', 'softly']).default('softly'),
  }),
  get: async ({ who, how }) => `Greet ${who} ${how}`,
});
const turns = definePrompt({
  name: 'Turns',
  get: async () => [
    { role: 'assistant', content: { type: 'text', text: 'Yes?' } },
    { role: 'user', content: { type: 'audio', data: 'AAAA', mimeType: 'audio/wav' } },
  ],
});
const whole = definePrompt({
  name: 'whole',
  get: async () => ({ description: 'As a whole', messages: [] }),
});
const secret = definePrompt({ name: 'secret', scope: 'vault', get: async () => 'told' });
const slow = definePrompt({ name: 'slow', get: () => new Promise(() => undefined) });

const PROMPTS = [greet, turns, whole, secret, slow];
const nobody = { id: 'ann', scopes: new Set<string>() };

for (const [revision, inEra] of ERAS) {
  suite(`prompts in ${revision}`, () => {
    test('are listed in order of their names, with what there is to say of them', async () => {
      const { ask } = await converse({ prompts: [whole, greet, turns] });
      assert.deepEqual(essenceOf(resultOf(await ask('prompts/list', inEra()))), {
        prompts: [
          { name: 'Turns', arguments: [] },
          {
            name: 'greet',
            title: 'Greet',
            description: 'Greets somebody.',
            icons: [{ src: 'https://icons.example/g.png' }],
            arguments: [
              { name: 'who', title: 'Who', description: 'Whom to greet', required: true },
              { name: 'how', required: false },
            ],
          },
          { name: 'whole', arguments: [] },
        ],
      });
    });

    for (const [name, given, result] of [
      [
        'greet',
        { who: 'Ann', how: 'loudly' },
        { messages: [{ role: 'user', content: { type: 'text', text: 'Greet Ann loudly' } }] },
      ],
      [
        'greet',
        { who: 'Ann' },
        { messages: [{ role: 'user', content: { type: 'text', text: 'Greet Ann softly' } }] },
      ],
      [
        'Turns',
        undefined,
        {
          messages: [
            { role: 'assistant', content: { type: 'text', text: 'Yes?' } },
            { role: 'user', content: { type: 'audio', data: 'AAAA', mimeType: 'audio/wav' } },
          ],
        },
      ],
      ['whole', {}, { description: 'As a whole', messages: [] }],
    ] as const) {
      test(`come to turns: ${name} with ${JSON.stringify(given)}`, async () => {
        const { ask } = await converse({ prompts: PROMPTS });
        const params = inEra({ name, arguments: given });
        assert.deepEqual(essenceOf(resultOf(await ask('prompts/get', params))), result);
      });
    }

    for (const [what, params] of [
      ['no name', {}],
      ['a number for a name', { name: 7 }],
      ['a name that none has', { name: 'toString' }],
      ['no argument where one is needed', { name: 'greet' }],
      ['an argument that does not fit', { name: 'greet', arguments: { who: 'A' } }],
      ['a number for an argument', { name: 'greet', arguments: { who: 7 } }],
      ['an array of arguments', { name: 'greet', arguments: ['Ann'] }],
      ['null for arguments', { name: 'greet', arguments: null }],
    ] as const) {
      test(`are refused with -32602 for ${what}`, async () => {
        const { ask, lines } = await converse({ prompts: PROMPTS });
        assert.equal(errorOf(await ask('prompts/get', inEra(params))).code, -32602);
        assert.deepEqual(lines, []);
      });
    }

    test('name the argument that does not fit', async () => {
      const { ask } = await converse({ prompts: PROMPTS });
      const params = inEra({ name: 'greet', arguments: { who: 'Ann', how: 'badly' } });
      assert.match(errorOf(await ask('prompts/get', params)).message, /^arguments\.how: /);
    });

    test('are not there for one who lacks the scope', async () => {
      const { ask } = await converse({ prompts: [secret] }, nobody);
      assert.deepEqual(essenceOf(resultOf(await ask('prompts/list', inEra()))), { prompts: [] });
      const unknown = errorOf(await ask('prompts/get', inEra({ name: 'none' })));
      assert.deepEqual(errorOf(await ask('prompts/get', inEra({ name: 'secret' }))), unknown);
    });
  });
}

suite('a prompt', () => {
  test('that is cancelled ends, and nobody has to act on that', async () => {
    const { peer, sent, lines } = await converse({ prompts: PROMPTS });
    const params = { name: 'slow' };
    const getting = peer.receive(
      JSON.stringify({ jsonrpc: '2.0', id: 'get', method: 'prompts/get', params }),
    );
    const cancelled = { jsonrpc: '2.0', method: 'notifications/cancelled' };
    await peer.receive(JSON.stringify({ ...cancelled, params: { requestId: 'get' } }));
    await getting;
    assert.equal(sent.length, 1);
    assert.deepEqual(lines, []);
  });

  for (const [revision, told] of [
    ['2024-11-05', { name: 'greet', description: 'Greets somebody.' }],
    ['2025-06-18', { name: 'greet', title: 'Greet', description: 'Greets somebody.' }],
  ] as const) {
    test(`is listed in ${revision} in the words that it has`, async () => {
      const { ask } = openConversation({ prompts: [greet, turns] });
      await ask('initialize', { ...HELLO, protocolVersion: revision });
      const { prompts } = essenceOf(resultOf(await ask('prompts/list')));
      assert.ok(Array.isArray(prompts));
      const [, { arguments: _shown, ...listed }] = prompts;
      assert.deepEqual(listed, told);
    });
  }

  test('has a sound told of in a text where 2024-11-05 is spoken', async () => {
    const { ask } = openConversation({ prompts: [turns] });
    await ask('initialize', { ...HELLO, protocolVersion: '2024-11-05' });
    const { messages } = essenceOf(resultOf(await ask('prompts/get', { name: 'Turns' })));
    assert.ok(Array.isArray(messages));
    assert.deepEqual(messages[1], {
      role: 'user',
      content: { type: 'text', text: '[A sound of type audio/wav]' },
    });
  });
});
