/** What the gateways have behind them: the official SDK 2 over standard input and output. */
import { McpServer } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';

import { ADD } from './tools.ts';
import { add, INPUT, NAMES } from './zod-tools.ts';

serveStdio(() => {
  const mcp = new McpServer({ name: 'stdio', version: '1' }, { capabilities: { tools: {} } });
  for (const name of NAMES) {
    mcp.registerTool(
      name,
      { description: ADD.description, inputSchema: INPUT },
      async (numbers) => ({ content: [{ type: 'text', text: add(numbers) }] }),
    );
  }
  return mcp;
});
