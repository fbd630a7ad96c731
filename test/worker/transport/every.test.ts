/**
 * One table of behaviours, asked of every transport and era: what is said is the same, but for what
 * PROTOCOL.md says differs.
 */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { serveMcp } from './mcp-served.ts';
import { gate, OFFERED } from './mcp-tools.ts';
import { type Transcript, WIRES } from './wires.ts';

type Json = Readonly<Record<string, unknown>>;

const text = (said: string): Json => ({ content: [{ type: 'text', text: said }] });
const TOKEN = { _meta: { progressToken: 'p' } };

/** What is asked, and what is said. Where the eras differ, each has its own. */
const BEHAVIOURS: readonly (readonly [
  what: string,
  method: string,
  params: Json,
  said: Transcript | { readonly legacy: Transcript; readonly modern: Transcript },
])[] = [
  [
    'a call is answered with the text of its tool',
    'tools/call',
    { name: 'echo', arguments: { text: 'Hello' } },
    [{ result: text('Hello') }],
  ],
  [
    'arguments that do not fit are told to the model',
    'tools/call',
    { name: 'echo', arguments: { text: 7 } },
    [{ result: { ...text('arguments.text must be string'), isError: true } }],
  ],
  [
    'a tool that is not there is an error',
    'tools/call',
    { name: 'none' },
    [
      {
        error: {
          code: -32602,
          message: 'There is no tool of this name',
          data: { kind: 'not-found' },
        },
      },
    ],
  ],
  [
    'a method that is not there is an error',
    'nothing/of/the/kind',
    {},
    [{ error: { code: -32601, message: 'Method not found' } }],
  ],
  [
    'progress comes before the answer to who gave a token',
    'tools/call',
    { name: 'counts', ...TOKEN },
    [
      { method: 'notifications/progress', params: { progressToken: 'p', progress: 1, total: 2 } },
      { method: 'notifications/progress', params: { progressToken: 'p', progress: 2, total: 2 } },
      { result: text('counted') },
    ],
  ],
  ['and to nobody else', 'tools/call', { name: 'counts' }, [{ result: text('counted') }]],
  [
    'a question is answered by the user',
    'tools/call',
    { name: 'asks-name' },
    [{ result: text('Hello, Ann') }],
  ],
  [
    'resources are listed',
    'resources/list',
    {},
    [{ result: { resources: [{ uri: 'test://note', name: 'note', mimeType: 'text/plain' }] } }],
  ],
  [
    'families of resources are listed',
    'resources/templates/list',
    {},
    [{ result: { resourceTemplates: [{ uriTemplate: 'test://rows/{id}', name: 'row' }] } }],
  ],
  [
    'a resource is read',
    'resources/read',
    { uri: 'test://note' },
    [{ result: { contents: [{ uri: 'test://note', mimeType: 'text/plain', text: 'A note' }] } }],
  ],
  [
    'a resource of a family is read',
    'resources/read',
    { uri: 'test://rows/7' },
    [{ result: { contents: [{ uri: 'test://rows/7', text: 'Row 7' }] } }],
  ],
  [
    'a resource that is not there is an error, of which each era has its own',
    'resources/read',
    { uri: 'test://rows/8' },
    {
      legacy: [
        { error: { code: -32002, message: 'Resource not found', data: { uri: 'test://rows/8' } } },
      ],
      modern: [
        { error: { code: -32602, message: 'Resource not found', data: { uri: 'test://rows/8' } } },
      ],
    },
  ],
  [
    'prompts are listed with their arguments',
    'prompts/list',
    {},
    [{ result: { prompts: [{ name: 'greeting', arguments: [{ name: 'who', required: true }] }] } }],
  ],
  [
    'a prompt is filled in',
    'prompts/get',
    { name: 'greeting', arguments: { who: 'Ann' } },
    [{ result: { messages: [{ role: 'user', content: { type: 'text', text: 'Greet Ann' } }] } }],
  ],
  [
    'a prompt without what it needs is an error',
    'prompts/get',
    { name: 'greeting' },
    [
      {
        error: {
          code: -32602,
          message: 'arguments.who: Invalid input: expected string, received undefined',
          data: { kind: 'invalid' },
        },
      },
    ],
  ],
  [
    'an argument is completed',
    'completion/complete',
    { ref: { type: 'ref/prompt', name: 'greeting' }, argument: { name: 'who', value: 'A' } },
    [{ result: { completion: { values: ['Ann', 'Anton'], total: 2, hasMore: false } } }],
  ],
  [
    'a cursor that is none of ours is an error',
    'tools/list',
    { cursor: '' },
    [
      {
        error: {
          code: -32602,
          message: 'This cursor is not one of ours',
          data: { kind: 'invalid' },
        },
      },
    ],
  ],
];

for (const [name, open] of Object.entries(WIRES)) {
  suite(`over ${name}`, () => {
    for (const [what, method, params, said] of BEHAVIOURS) {
      test(what, async () => {
        await using served = await serveMcp(OFFERED);
        await using wire = await open(served);
        const expected = 'legacy' in said ? said[wire.era] : said;
        assert.deepEqual(await wire.ask(method, params), expected);
      });
    }

    test('changes are told in their order, each once, and only those of interest', async () => {
      await using served = await serveMcp(OFFERED);
      await using wire = await open(served);
      const heard = await wire.listen(['test://note'], 3, async () => {
        await served.changes.announce({ list: 'tools' });
        await served.changes.announce({ resource: 'test://other' });
        await served.changes.announce({ resource: 'test://note' });
        await served.changes.announce({ list: 'tools' });
      });
      assert.deepEqual(heard, [
        { method: 'notifications/tools/list_changed', params: {} },
        { method: 'notifications/resources/updated', params: { uri: 'test://note' } },
        { method: 'notifications/tools/list_changed', params: {} },
      ]);
    });

    test('a call that is taken back is given up', async () => {
      const { tool, givenUp } = gate();
      await using served = await serveMcp({ tools: [tool] });
      await using wire = await open(served);
      await wire.askAndCancel('tools/call', { name: 'gate', ...TOKEN });
      await givenUp;
    });
  });
}
