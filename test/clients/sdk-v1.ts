/** Clients of the official TypeScript SDK, version 1. */
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { WebSocketClientTransport } from '@modelcontextprotocol/sdk/client/websocket.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
  LoggingMessageNotificationSchema,
  PromptListChangedNotificationSchema,
  ResourceListChangedNotificationSchema,
  ResourceUpdatedNotificationSchema,
  ToolListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';

import { fillIn, ROOTS, think } from './answers.ts';
import {
  allPages,
  answerOf,
  type CallOptions,
  type ConnectOptions,
  type Notification,
  type SdkClient,
} from './sdk-client.ts';
import { spreadFetch } from './spread-fetch.ts';

/** A way to the server. */
interface Way {
  readonly transport: Transport;
  readonly revision: () => string | undefined;
  /** Resolves once it is told of what belongs to no request. */
  readonly streaming: () => Promise<void>;
  /** Says good-bye. */
  readonly leave: () => Promise<void>;
}

/** Connects over WebSocket: over the one that Node has built in. */
export async function connectOverWebSocket(options: ConnectOptions): Promise<SdkClient> {
  const transport: Transport = new WebSocketClientTransport(
    new URL(`ws://127.0.0.1:${options.port}/mcp`),
  );
  let revision: string | undefined;
  transport.setProtocolVersion = (version) => {
    revision = version;
  };
  return connect(options, {
    transport,
    revision: () => revision,
    streaming: async () => undefined,
    leave: async () => undefined,
  });
}

/** Connects over Streamable HTTP. Requests land on all workers in turn. */
export async function connectOverHttp(options: ConnectOptions): Promise<SdkClient> {
  const { fetch, streaming } = spreadFetch();
  const transport = new StreamableHTTPClientTransport(
    new URL(`http://127.0.0.1:${options.port}/mcp`),
    { fetch },
  );
  return connect(options, {
    transport: transport as Transport, // its types do without exactOptionalPropertyTypes
    revision: () => transport.protocolVersion,
    streaming: () => streaming,
    leave: () => transport.terminateSession(),
  });
}

async function connect({ isAskable }: ConnectOptions, way: Way): Promise<SdkClient> {
  const client = isAskable ? makeAskable() : new Client({ name: 'holdfast-test', version: '1' });
  const heard: Notification[] = [];
  const troubles: Error[] = [];
  hear(client, heard);
  let isClosing = false;
  // oxlint-disable-next-line unicorn/prefer-add-event-listener -- the SDK has no other way
  client.onerror = (error) => {
    // That its streams break off when it closes is its own doing.
    if (!isClosing) troubles.push(error);
  };
  await client.connect(way.transport);
  takeTurns(way.transport);
  return {
    era: 'legacy',
    revision: way.revision(),
    heard,
    troubles,
    ...listsOf(client),
    callTool: async (name, given = {}, { signal, onProgress }: CallOptions = {}) => {
      const params = { name, arguments: given };
      const result = await client.callTool(params, undefined, {
        ...(signal && { signal }),
        ...(onProgress && { onprogress: ({ progress }) => onProgress(progress) }),
      });
      return answerOf(result);
    },
    readResource: async (uri) => (await client.readResource({ uri })).contents,
    getPrompt: async (name, given = {}) => {
      return (await client.getPrompt({ name, arguments: given })).messages;
    },
    complete: async (ref, argument) => {
      return (await client.complete({ ref, argument })).completion.values;
    },
    setLogLevel: async (level) => {
      await client.setLoggingLevel(level);
    },
    ping: async () => {
      await client.ping();
    },
    hearOfLists: way.streaming,
    watch: async (uri) => {
      await way.streaming();
      await client.subscribeResource({ uri });
      return {
        [Symbol.asyncDispose]: async () => {
          await client.unsubscribeResource({ uri });
        },
      };
    },
    [Symbol.asyncDispose]: async () => {
      await way.leave();
      isClosing = true;
      await client.close();
    },
  };
}

/**
 * Node's WebSocket hands over all frames that came together at once. The SDK would settle an answer before the
 * notification that came ahead of it, and throw that away: each message gets a turn of its own.
 */
function takeTurns(transport: Transport): void {
  const { onmessage: heed } = transport;
  // oxlint-disable-next-line unicorn/prefer-add-event-listener -- the SDK has no other way
  transport.onmessage = (message, extra) => {
    setImmediate(() => heed?.(message, extra));
  };
}

function listsOf(client: Client) {
  return {
    listTools: () =>
      allPages(
        (place) => client.listTools(place),
        ({ tools }) => tools.map(({ name }) => name),
      ),
    listResources: () =>
      allPages(
        (place) => client.listResources(place),
        ({ resources }) => resources.map(({ uri }) => uri),
      ),
    listTemplates: () =>
      allPages(
        (place) => client.listResourceTemplates(place),
        ({ resourceTemplates }) => resourceTemplates.map(({ uriTemplate }) => uriTemplate),
      ),
    listPrompts: () =>
      allPages(
        (place) => client.listPrompts(place),
        ({ prompts }) => prompts.map(({ name }) => name),
      ),
  };
}

function makeAskable(): Client {
  const client = new Client(
    { name: 'holdfast-test', version: '1' },
    { capabilities: { elicitation: {}, sampling: {}, roots: {} } },
  );
  client.setRequestHandler(ElicitRequestSchema, ({ params }) => fillIn(params));
  client.setRequestHandler(CreateMessageRequestSchema, ({ params }) => think(params));
  client.setRequestHandler(ListRootsRequestSchema, () => ROOTS);
  return client;
}

function hear(client: Client, heard: Notification[]): void {
  for (const schema of [
    LoggingMessageNotificationSchema,
    ToolListChangedNotificationSchema,
    PromptListChangedNotificationSchema,
    ResourceListChangedNotificationSchema,
    ResourceUpdatedNotificationSchema,
  ]) {
    client.setNotificationHandler(schema, (notification) => {
      heard.push(notification);
    });
  }
}
