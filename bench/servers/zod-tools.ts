/** The same tools for servers that are told of them in zod. */
import { z } from 'zod';

import { ADD, fillersOf, toolCount } from './tools.ts';

const { a, b } = ADD.inputSchema.properties;

/** Names of all tools: each adds. */
export const NAMES: readonly string[] = [ADD.name, ...fillersOf(toolCount())];
/** What each takes. */
export const INPUT = z.strictObject({
  a: z.number().describe(a.description),
  b: z.number().describe(b.description),
});

/** What a tool does. */
export function add(numbers: z.infer<typeof INPUT>): string {
  return String(numbers.a + numbers.b);
}
