/** Tools that show what a transport does with a call. */
import { z } from 'zod';

import { definePrompt } from '../../../src/worker/prompts/prompt.ts';
import { defineResource } from '../../../src/worker/resources/resource.ts';
import { defineTool } from '../../../src/worker/tools/tool.ts';

export const echo = defineTool({
  name: 'echo',
  description: 'Says it again',
  input: z.object({ text: z.string() }),
  run: async ({ text }) => text,
});

export const counts = defineTool({
  name: 'counts',
  description: 'Reports progress before it answers',
  run: async (_given, { progress }) => {
    await progress(1, 2);
    await progress(2, 2);
    return 'counted';
  },
});

export const asksName = defineTool({
  name: 'asks-name',
  description: 'Asks the user for a name',
  run: async (_given, { ask }) => {
    const { name } = await ask({
      name: {
        method: 'elicitation/create',
        params: {
          message: 'Your name?',
          requestedSchema: {
            type: 'object',
            properties: { name: { type: 'string' } },
            required: ['name'],
          },
        },
      },
    });
    return name.action === 'accept' ? `Hello, ${String(name.content?.name)}` : 'Hello, whoever';
  },
});

export const mirrors = defineTool({
  name: 'mirrors',
  description: 'Has an argument that headers say too',
  input: {
    type: 'object',
    properties: {
      region: { type: 'string', 'x-mcp-header': 'Region' },
      at: { type: 'object', properties: { row: { type: 'integer', 'x-mcp-header': 'Row' } } },
    },
  },
  run: async ({ region }) => String(region),
});

/** A tool that answers when it is let, and says when it was begun and when it was given up. */
export function gate() {
  const began = Promise.withResolvers<void>();
  const opened = Promise.withResolvers<void>();
  const givenUp = Promise.withResolvers<void>();
  const tool = defineTool({
    name: 'gate',
    description: 'Waits until it is let',
    run: async (_given, { signal, progress, release }) => {
      signal.addEventListener('abort', () => {
        givenUp.resolve();
      });
      await progress(1);
      await release();
      began.resolve();
      await opened.promise;
      await progress(2);
      return 'let';
    },
  });
  return { tool, began: began.promise, open: opened.resolve, givenUp: givenUp.promise };
}

export const note = defineResource({
  uri: 'test://note',
  name: 'note',
  mimeType: 'text/plain',
  read: async () => 'A note',
});

export const row = defineResource({
  uri: 'test://rows/{id}',
  name: 'row',
  read: async ({ variables }) => (variables.id === '7' ? 'Row 7' : undefined),
});

export const greeting = definePrompt({
  name: 'greeting',
  arguments: z.object({ who: z.string() }),
  complete: {
    who: async (typed) => ['Ann', 'Anton', 'Bob'].filter((name) => name.startsWith(typed)),
  },
  get: async ({ who }) => `Greet ${who}`,
});

export const OFFERED = {
  tools: [echo, counts, asksName, mirrors],
  resources: [note, row],
  prompts: [greeting],
};
