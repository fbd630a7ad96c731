import { defineTool, ToolError } from 'mcp-holdfast';
import { z } from 'zod';

/** Beyond this a division of such numbers is no longer exact. */
const NUMBER_MAX = Number.MAX_SAFE_INTEGER;

/** Takes a number apart by trying every divisor: seconds of computing for a large prime, in a thread where nobody waits for it. */
export const factorise = defineTool({
  name: 'factorise',
  title: 'Factorise',
  description: 'Takes a whole number apart into its prime factors. A large prime takes seconds.',
  annotations: { readOnlyHint: true, idempotentHint: true, openWorldHint: false },
  isolate: 'thread',
  timeoutMs: 20_000,
  input: z.object({ number: z.int().min(2).max(NUMBER_MAX).describe('The number') }),
  output: z.object({ factors: z.array(z.int()).describe('Smallest first') }),
  selfTest: async (call) => {
    const { structuredContent } = await call({ number: 84 });
    const found = JSON.stringify(structuredContent);
    if (found !== '{"factors":[2,2,3,7]}') throw new ToolError(`84 is not ${found}`);
  },
  run: async ({ number }, { progress }) => {
    const factors: number[] = [];
    let rest = number;
    for (let divisor = 2; divisor * divisor <= rest; divisor += divisor === 2 ? 1 : 2) {
      if (divisor % 4_000_001 === 0) await progress(divisor, Math.floor(Math.sqrt(rest)));
      while (rest % divisor === 0) {
        factors.push(divisor);
        rest /= divisor;
      }
    }
    return { factors: rest > 1 ? [...factors, rest] : factors };
  },
});
