/** The official SDK 2: over WebSocket and Streamable HTTP, with sessions on `/mcp` and without on `/modern`. */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

import {
  type NodeIncomingMessageLike,
  NodeStreamableHTTPServerTransport,
  toNodeHandler,
} from '@modelcontextprotocol/node';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { WebSocketServer } from 'ws';

import { KEEP_ALIVE_MS, portOf } from './floor.ts';
import { SocketTransport } from './socket-transport.ts';
import { ADD, tellPort } from './tools.ts';
import { add, INPUT, NAMES } from './zod-tools.ts';

const MODERN = '/modern';
const sessions = new Map<string, NodeStreamableHTTPServerTransport>();
const modern = toNodeHandler(createMcpHandler(mcpServer, { responseMode: 'json' }));

const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
  // A request that a server gets has a method, whatever its type says.
  if (request.url === MODERN) void modern(request as NodeIncomingMessageLike, response);
  else void withSession(request, response);
});
new WebSocketServer({ server, perMessageDeflate: false, clientTracking: false }).on(
  'connection',
  (socket, { url }) => {
    const transport = new SocketTransport(socket);
    // It decides by the first message which era a connection is of.
    if (url === MODERN) serveStdio(mcpServer, { transport });
    else void mcpServer().connect(transport);
  },
);
server.listen(0, '127.0.0.1', () => {
  tellPort(portOf(server));
});

async function withSession(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const known = sessions.get(String(request.headers['mcp-session-id']));
  await (known ?? (await openSession())).handleRequest(request, response);
}

async function openSession(): Promise<NodeStreamableHTTPServerTransport> {
  const transport = new NodeStreamableHTTPServerTransport({
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
  const mcp = new McpServer({ name: 'sdk-2', version: '1' }, { capabilities: { tools: {} } });
  for (const name of NAMES) {
    mcp.registerTool(
      name,
      { description: ADD.description, inputSchema: INPUT },
      async (numbers) => ({ content: [{ type: 'text', text: add(numbers) }] }),
    );
  }
  return mcp;
}
