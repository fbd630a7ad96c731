/** Tools that do what tools should. */
import { setTimeout as sleep } from 'node:timers/promises';

import { defineTool } from 'mcp-holdfast';
import { z } from 'zod';

export const whoServes = defineTool({
  name: 'who_serves',
  description: 'The process that serves this call.',
  input: z.object({}),
  output: z.object({ pid: z.int() }),
  run: async () => ({ pid: process.pid }),
});

export const waits = defineTool({
  name: 'waits',
  description: 'Answers after a while, and stops when it is told to.',
  input: z.object({ ms: z.int().min(0).max(60_000) }),
  async run({ ms }, { signal }) {
    await sleep(ms, undefined, { signal });
    return `waited ${ms} ms`;
  },
});
