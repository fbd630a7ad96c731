// Somebody else's MCP server: JSON-RPC over stdin and stdout, a message a line (2025-11-25, basic/transports, stdio).
// It is a small one that knows nothing of Holdfast. Any server that a client's `mcpServers` can name would do.
import { env, stdin, stdout } from 'node:process';
import { createInterface } from 'node:readline';

const notes = [];

const TOOLS = [
  {
    name: 'add_note',
    description: 'Keeps a note.',
    inputSchema: {
      type: 'object',
      properties: { text: { type: 'string', maxLength: 1000 } },
      required: ['text'],
    },
  },
  {
    name: 'list_notes',
    description: 'Lists the notes that were kept.',
    inputSchema: { type: 'object' },
    annotations: { readOnlyHint: true },
  },
  {
    name: 'forget_all',
    description: 'Forgets every note. It is not mounted: servers.json does not name it.',
    inputSchema: { type: 'object' },
  },
];

const RUN = {
  add_note: ({ text }) => {
    notes.push(text);
    return `Kept. There are ${notes.length} now.`;
  },
  list_notes: () => notes.join('\n') || 'There are none.',
  forget_all: () => {
    notes.length = 0;
    return 'Forgotten.';
  },
};

const METHODS = {
  initialize: ({ protocolVersion }) => ({
    protocolVersion,
    capabilities: { tools: {} },
    serverInfo: { name: `notes of ${env.NOTES_OF}`, version: '1.0.0' },
  }),
  ping: () => ({}),
  'tools/list': () => ({ tools: TOOLS }),
  'tools/call': ({ name, arguments: given }) => ({
    content: [{ type: 'text', text: RUN[name](given) }],
  }),
};

for await (const line of createInterface({ input: stdin })) {
  const { id, method, params = {} } = JSON.parse(line);
  if (id === undefined) continue;
  const answer = Object.hasOwn(METHODS, method)
    ? { result: METHODS[method](params) }
    : { error: { code: -32601, message: 'Method not found' } };
  stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id, ...answer })}\n`);
}
