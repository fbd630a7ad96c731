/** Tools for what happens to a container. */
import { setTimeout as sleep } from 'node:timers/promises';

import { defineTool } from 'mcp-holdfast';
import { z } from 'zod';

const MIB = 1_048_576;

export const whoServes = defineTool({
  name: 'who_serves',
  description: 'The process that serves this call.',
  input: z.object({}),
  output: z.object({ pid: z.int() }),
  run: async () => ({ pid: process.pid }),
});

export const waits = defineTool({
  name: 'waits',
  description: 'Answers after a while.',
  input: z.object({ ms: z.int().min(0).max(60_000) }),
  async run({ ms }, { signal }) {
    await sleep(ms, undefined, { signal });
    return `waited ${ms} ms`;
  },
});

export const eats = defineTool({
  name: 'eats',
  description: 'Takes memory that is not of the heap, until nobody gives it any more.',
  input: z.object({}),
  run(): Promise<string> {
    const eaten: Buffer[] = [];
    for (;;) eaten.push(Buffer.alloc(16 * MIB, 1));
  },
});
