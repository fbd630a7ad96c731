/** Tools, resources and prompts that do all that there is to do: ask, say, report, fail, and take their time. */
import { setImmediate as turn } from 'node:timers/promises';

import { z } from 'zod';

import { Failure } from '../../src/shared/errors.ts';
import { LOG_LEVELS } from '../../src/worker/domain/log-level.ts';
import { definePrompt } from '../../src/worker/prompts/prompt.ts';
import { defineResource } from '../../src/worker/resources/resource.ts';
import { defineTool } from '../../src/worker/tools/tool.ts';
import { ToolError } from '../../src/worker/tools/tool-error.ts';
import { toolResult } from '../../src/worker/tools/tool-result.ts';

/** An answer that was garbled on its way never comes. */
const PATIENCE_MS = 250;
/** One pixel. */
const PICTURE =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const ICONS = [{ src: 'https://icons.example/a.png', mimeType: 'image/png', sizes: ['48x48'] }];

const form = {
  method: 'elicitation/create',
  params: {
    message: 'Which one?',
    requestedSchema: {
      type: 'object',
      properties: {
        colour: { type: 'string', enum: ['red', 'blue'] },
        count: { type: 'integer', minimum: 1, maximum: 9 },
        sure: { type: 'boolean' },
      },
      required: ['colour'],
    },
  },
} as const;
const model = {
  method: 'sampling/createMessage',
  params: {
    messages: [{ role: 'user', content: { type: 'text', text: 'A name?' } }],
    maxTokens: 10,
  },
} as const;
const folders = { method: 'roots/list' } as const;

const paint = defineTool({
  name: 'paint',
  title: 'Paint',
  description: 'Paints.',
  icons: ICONS,
  annotations: { readOnlyHint: true },
  input: z.object({
    colour: z.string(),
    coats: z.number().int().min(1).default(1),
    where: z.array(z.object({ x: z.number(), y: z.number() })).optional(),
  }),
  output: z.object({ colour: z.string(), coats: z.number() }),
  run: async ({ colour, coats }) => ({ colour, coats }),
});

const asks = defineTool({
  name: 'asks',
  description: 'Asks for one thing after the other.',
  timeoutMs: PATIENCE_MS,
  input: z.object({ twice: z.boolean().optional() }),
  async run({ twice }, { ask, progress }) {
    await progress(1, 3, 'asking');
    const { first } = await ask({ first: form });
    if (twice !== true) return first.action;
    await progress(2);
    const { text, roots } = await ask({ text: model, roots: folders });
    return { action: first.action, model: text.model, roots: roots.roots.length };
  },
});

const talks = defineTool({
  name: 'talks',
  description: 'Says all that there is to say.',
  input: { type: 'object', properties: { often: { type: 'integer', maximum: 20 } } },
  async run({ often }, { progress, message, announce }) {
    for (const level of LOG_LEVELS) {
      // In this order is the point.
      // oxlint-disable-next-line no-await-in-loop -- see above
      await message(level, { often }, 'talks');
    }
    await Promise.all([3, 1, Number.NaN, 2, 4].map((step) => progress(step, 5, 'on')));
    await announce({ list: 'tools' });
    await announce({ resource: 'file:///notes/1' });
    return toolResult({
      content: [
        { type: 'text', text: 'said', annotations: { audience: ['user'], priority: 1 } },
        { type: 'image', data: PICTURE, mimeType: 'image/png' },
        { type: 'audio', data: 'UklGRg==', mimeType: 'audio/wav' },
        { type: 'resource_link', uri: 'file:///notes/1', name: 'one', size: 3 },
        { type: 'resource', resource: { uri: 'file:///notes/1', text: 'one' } },
      ],
      structuredContent: ['a'],
    });
  },
});

const lists = defineTool({
  name: 'lists',
  description: 'Answers what is no object.',
  input: z.object({}),
  output: { type: 'array', items: { $ref: '#/$defs/word' }, $defs: { word: { type: 'string' } } },
  run: async () => ['a', 'b'],
});

const mirrors = defineTool({
  name: 'mirrors',
  description: 'Has an argument that headers say too.',
  input: {
    type: 'object',
    properties: { region: { type: 'string', 'x-mcp-header': 'Region' } },
  },
  run: async ({ region }) => `in ${String(region)}`,
});

const fails = defineTool({
  name: 'fails',
  description: 'Fails as it is told to.',
  input: z.object({ how: z.enum(['mendable', 'foreseen', 'limited', 'bug', 'nothing']) }),
  async run({ how }) {
    switch (how) {
      case 'mendable':
        throw new ToolError('No such colour');
      case 'foreseen':
        throw new Failure('not-found', 'No such wall');
      case 'limited':
        throw new Failure('limited', 'Enough');
      case 'bug':
        throw new Error('password=hunter2');
      case 'nothing':
        return '';
    }
  },
});

const dawdles = defineTool({
  name: 'dawdles',
  description: 'Takes its time, and lets go of the caller meanwhile.',
  input: z.object({ turns: z.number().int().min(0).max(20).default(3) }),
  async run({ turns }, { release, signal, progress }) {
    await release();
    for (let left = turns; left > 0 && !signal.aborted; left -= 1) {
      // One turn after the other is the point.
      // oxlint-disable-next-line no-await-in-loop -- see above
      await turn();
    }
    await progress(turns);
    return 'there';
  },
});

const note = defineResource({
  uri: 'file:///notes/{id}',
  name: 'note',
  title: 'A note',
  description: 'One of many.',
  mimeType: 'text/plain',
  icons: ICONS,
  annotations: { audience: ['assistant'], priority: 0.5, lastModified: '2026-11-24T12:00:00Z' },
  complete: { id: async (typed) => Array.from({ length: 150 }, (_, index) => `${typed}${index}`) },
  read: async ({ variables: { id } }) => (id === 'none' ? undefined : `The note ${id}`),
});
const picture = defineResource({
  uri: 'file:///picture.png',
  name: 'picture',
  mimeType: 'image/png',
  size: 70,
  read: async () => Buffer.from(PICTURE, 'base64'),
});
const asked = defineResource({
  uri: 'secret://{+path}',
  name: 'asked',
  async read({ uri }, { ask }) {
    const { may } = await ask({ may: form });
    return { contents: [{ uri, text: may.action }] };
  },
});

const greet = definePrompt({
  name: 'greet',
  title: 'Greet',
  description: 'Greets.',
  icons: ICONS,
  arguments: z.object({
    who: z.string().meta({ title: 'Who', description: 'Whom to greet' }),
    how: z.string().optional(),
  }),
  complete: { who: async (typed, { how = '' }) => [`${typed}${how}`] },
  get: async ({ who }) => [
    { role: 'user', content: { type: 'text', text: `Greet ${who}` } },
    { role: 'assistant', content: { type: 'audio', data: 'UklGRg==', mimeType: 'audio/wav' } },
    { role: 'user', content: { type: 'resource_link', uri: 'file:///notes/1', name: 'one' } },
  ],
});
const consult = definePrompt({
  name: 'consult',
  async get(_given, { ask, message }) {
    await message('error', undefined);
    const { said } = await ask({ said: model });
    return { description: said.model, messages: [] };
  },
});

/** What agents are offered. */
export const OFFERED = {
  tools: [paint, asks, talks, lists, mirrors, fails, dawdles],
  resources: [note, picture, asked],
  prompts: [greet, consult],
};

/** A worker looks after hundreds of agents; a run has a few. */
export const LIMITS = {
  openMax: 200,
  inFlightMax: 64,
  messagesPerS: 1_000_000,
  bytesPerS: 1_073_741_824,
};
