/** Tools that end their worker, each in its own way. */
import { execSync, spawn } from 'node:child_process';

import { defineTool } from 'mcp-holdfast';
import { z } from 'zod';

export { waits, whoServes } from './well.ts';

const MIB = 1_048_576;

export const blocks = defineTool({
  name: 'blocks',
  description: 'Computes for so long, and lets nobody else have a turn.',
  input: z.object({ ms: z.int() }),
  run: async ({ ms }) => poisonedLoop(ms),
});

function poisonedLoop(ms: number): string {
  // A built-in has no frame of its own, so that the innermost is always this.
  const until = Date.now() + ms;
  while (Date.now() < until);
  return 'done';
}

export const waitsForChild = defineTool({
  name: 'waits_for_child',
  description: 'Waits for another program, synchronously.',
  input: z.object({ seconds: z.int() }),
  run: async ({ seconds }) => execSync(`sleep ${seconds}`).toString(),
});

export const exits = defineTool({
  name: 'exits',
  description: 'Ends its process, in the way that is named.',
  input: z.object({
    how: z.enum(['exit-0', 'exit-1', 'abort', 'throw', 'kill']),
    mark: z.string().optional(),
  }),
  async run({ how }) {
    switch (how) {
      case 'exit-0':
        process.exit(0);
      case 'exit-1':
        process.exit(1);
      case 'abort':
        process.abort();
      case 'kill':
        process.kill(process.pid, 'SIGKILL');
        break;
      case 'throw':
        setTimeout(() => {
          throw new Error('a bug with a secret: hunter2-hunter2');
        }, 5);
    }
    return new Promise<string>(() => undefined);
  },
});

export const fillsHeap = defineTool({
  name: 'fills_heap',
  description: 'Takes memory of the heap, until there is no more.',
  input: z.object({}),
  async run() {
    const kept: unknown[] = [];
    for (;;) kept.push(Array.from({ length: 10_000 }, () => ({ a: Math.random() })));
  },
});

const leaked: Buffer[] = [];
export const leaks = defineTool({
  name: 'leaks',
  description: 'Keeps memory that is not of the heap, and answers.',
  input: z.object({ mib: z.int() }),
  async run({ mib }) {
    leaked.push(Buffer.alloc(mib * MIB, 1));
    return `${leaked.length} kept`;
  },
});

export const floodsStderr = defineTool({
  name: 'floods_stderr',
  description: 'Prints so many mebibytes on stderr.',
  input: z.object({ mib: z.int() }),
  async run({ mib }) {
    const line = Buffer.alloc(MIB, `${'x'.repeat(127)}\n`);
    for (let n = 0; n < mib; n++) {
      process.stderr.write(line);
      if (n % 8 === 0) await new Promise((next) => setImmediate(next));
    }
    return 'done';
  },
});

export const leavesGrandchild = defineTool({
  name: 'leaves_grandchild',
  description: 'Starts a program that holds our stderr open, and ends its process.',
  input: z.object({ seconds: z.int() }),
  async run({ seconds }) {
    spawn('sleep', [String(seconds)], {
      stdio: ['ignore', 'ignore', 'inherit'],
      detached: true,
    }).unref();
    setTimeout(() => process.exit(1), 50);
    return new Promise<string>(() => undefined);
  },
});
