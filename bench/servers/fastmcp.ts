/** fastmcp: Streamable HTTP, with sessions. */
import { FastMCP } from 'fastmcp';

import { ADD } from './tools.ts';
import { add, INPUT, NAMES } from './zod-tools.ts';

const server = new FastMCP({ name: 'fastmcp', version: '1.0.0' });
for (const name of NAMES) {
  server.addTool({
    name,
    description: ADD.description,
    parameters: INPUT,
    execute: async (numbers) => add(numbers),
  });
}
await server.start({
  transportType: 'httpStream',
  httpStream: {
    host: '127.0.0.1',
    port: Number(process.env.BENCH_PORT),
    endpoint: '/mcp',
    enableJsonResponse: true,
  },
});
