/** The official SDK 1: over WebSocket and Streamable HTTP, with sessions. */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { WebSocketServer } from 'ws';

import { KEEP_ALIVE_MS, portOf } from './floor.ts';
import { SocketTransport } from './socket-transport.ts';
import { ADD, tellPort } from './tools.ts';
import { add, INPUT, NAMES } from './zod-tools.ts';

const sessions = new Map<string, StreamableHTTPServerTransport>();

const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
  void withSession(request, response);
});
new WebSocketServer({ server, perMessageDeflate: false, clientTracking: false }).on(
  'connection',
  (socket) => {
    void mcpServer().connect(new SocketTransport(socket));
  },
);
server.listen(0, '127.0.0.1', () => {
  tellPort(portOf(server));
});

async function withSession(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const known = sessions.get(String(request.headers['mcp-session-id']));
  await (known ?? (await openSession())).handleRequest(request, response);
}

async function openSession(): Promise<StreamableHTTPServerTransport> {
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    enableJsonResponse: true,
    onsessioninitialized: (id) => {
      sessions.set(id, transport);
    },
  });
  await mcpServer().connect(transport);
  return transport;
}

function mcpServer(): McpServer {
  const mcp = new McpServer({ name: 'sdk-1', version: '1' });
  for (const name of NAMES) {
    mcp.registerTool(
      name,
      { description: ADD.description, inputSchema: INPUT.shape },
      async (numbers) => ({ content: [{ type: 'text', text: add(numbers) }] }),
    );
  }
  return mcp;
}
