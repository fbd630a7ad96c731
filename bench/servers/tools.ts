/** The tools that all servers here serve: one that adds, and others that fill the list. */
export const ADD = {
  name: 'add',
  description: 'Adds two numbers.',
  inputSchema: {
    type: 'object',
    properties: {
      a: { type: 'number', description: 'The one number' },
      b: { type: 'number', description: 'The other' },
    },
    required: ['a', 'b'],
    additionalProperties: false,
  },
} as const;

/** Names of the others: as many as are asked for, with the first. */
export function fillersOf(count: number): readonly string[] {
  return Array.from({ length: count - 1 }, (_none, index) => `filler_${index + 1}`);
}

/** How many tools a server is to have. */
export function toolCount(): number {
  return Number(process.env.BENCH_TOOLS ?? 20);
}

/** Says where a server listens, to whoever started it. */
export function tellPort(port: number): void {
  process.stdout.write(`${JSON.stringify({ port })}\n`);
}
