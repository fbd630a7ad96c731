/** Tools that say what they should not. */
import { setTimeout as sleep } from 'node:timers/promises';

import { defineTool } from 'mcp-holdfast';
import { z } from 'zod';

const secret = z.object({ secret: z.string().min(20) });

export const takes = defineTool({
  name: 'takes',
  description: 'Takes what nobody else may know, and answers with another such thing.',
  input: secret,
  run: async ({ secret: given }) => `result-${given.split('-')[1]}`,
});

export const throwsSecrets = defineTool({
  name: 'throws_secrets',
  description: 'Says in an error what it was given, and what it found in the environment.',
  input: secret,
  async run({ secret: given }) {
    throw new Error(`no connection for ${given} to ${process.env.DATABASE_URL}`, {
      cause: { url: process.env.REDIS_URL, headers: { authorization: `Bearer ${given}` } },
    });
  },
});

export const crashes = defineTool({
  name: 'crashes',
  description: 'Ends its worker with what it found in the environment.',
  input: secret,
  async run({ secret: given }) {
    setTimeout(() => {
      throw new Error(
        `${given} cannot reach ${process.env.DATABASE_URL} or ${process.env.REDIS_URL}`,
      );
    });
    await sleep(60_000);
    return 'never';
  },
});

export const lingers = defineTool({
  name: 'lingers',
  description: 'Takes its time.',
  input: secret,
  async run() {
    await sleep(1_500);
    return 'lingered';
  },
});

export const whoServes = defineTool({
  name: 'who_serves',
  description: 'The process that serves this call.',
  run: async () => String(process.pid),
});
