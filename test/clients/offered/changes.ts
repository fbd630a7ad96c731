/** Tools that tell every agent of a change. */
import { defineTool } from 'mcp-holdfast';
import { z } from 'zod';

export const announcesResources = defineTool({
  name: 'announces_resources',
  description: 'Tells all agents that the list of resources changed.',
  async run(_given, { announce }) {
    await announce({ list: 'resources' });
    return 'The list of resources changed';
  },
});

export const announcesUpdate = defineTool({
  name: 'announces_update',
  description: 'Tells those who watch a resource that it changed.',
  input: z.object({ uri: z.string() }),
  async run({ uri }, { announce }) {
    await announce({ resource: uri });
    return `${uri} changed`;
  },
});
