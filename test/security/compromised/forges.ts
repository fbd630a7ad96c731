import { defineTool } from 'mcp-holdfast';
import { z } from 'zod';

/** Says to the supervisor whatever it is told to, as a worker would that somebody took over. */
export const forges = defineTool({
  name: 'forges',
  description: 'Says something to the supervisor',
  input: z.object({ messages: z.array(z.unknown()) }),
  run: async ({ messages }) => {
    for (const message of messages) process.send?.(message);
    return 'said';
  },
});
