/** Clients of the official TypeScript SDK, version 2. */
import {
  Client,
  LOG_LEVEL_META_KEY,
  StreamableHTTPClientTransport,
  type SubscriptionFilter,
  type Transport,
  type VersionNegotiationMode,
} from '@modelcontextprotocol/client';

import { fillIn, ROOTS, think } from './answers.ts';
import {
  answerOf,
  type CallOptions,
  type Connect,
  type Notification,
  type SdkClient,
} from './sdk-client.ts';
import { spreadFetch } from './spread-fetch.ts';
import { WebSocketTransport } from './websocket-transport.ts';

/** A way to the server. */
interface Way {
  readonly transport: Transport;
  /** Resolves once a client of the legacy era is told of what belongs to no request. */
  readonly streaming: () => Promise<void>;
  /** Says good-bye. */
  readonly leave: () => Promise<void>;
}

interface ClientOptions {
  readonly mode: VersionNegotiationMode;
  readonly isAskable: boolean;
}

const NOTIFICATIONS = [
  'notifications/message',
  'notifications/tools/list_changed',
  'notifications/prompts/list_changed',
  'notifications/resources/list_changed',
  'notifications/resources/updated',
] as const;

const LISTS = { toolsListChanged: true, promptsListChanged: true, resourcesListChanged: true };

/** Connects over WebSocket, with a transport that the SDK does not have. */
export function connectOverWebSocket(mode: VersionNegotiationMode): Connect {
  return ({ port, isAskable }) =>
    connect(
      { mode, isAskable },
      {
        transport: new WebSocketTransport(`ws://127.0.0.1:${port}/mcp`),
        streaming: async () => undefined,
        leave: async () => undefined,
      },
    );
}

/** Connects over Streamable HTTP. Requests land on all workers in turn. */
export function connectOverHttp(mode: VersionNegotiationMode): Connect {
  return ({ port, isAskable }) => {
    const { fetch, streaming } = spreadFetch();
    const transport = new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${port}/mcp`), {
      fetch,
    });
    return connect(
      { mode, isAskable },
      {
        transport: transport as Transport, // its types do without exactOptionalPropertyTypes
        streaming: () => streaming,
        leave: () => transport.terminateSession(),
      },
    );
  };
}

async function connect(options: ClientOptions, way: Way): Promise<SdkClient> {
  const client = make(options);
  const heard: Notification[] = [];
  const troubles: Error[] = [];
  for (const method of NOTIFICATIONS) {
    client.setNotificationHandler(method, (notification) => {
      heard.push(notification);
    });
  }
  let isClosing = false;
  // oxlint-disable-next-line unicorn/prefer-add-event-listener -- the SDK has no other way
  client.onerror = (error) => {
    // That its streams break off when it closes is its own doing.
    if (!isClosing) troubles.push(error);
  };
  await client.connect(way.transport);
  const era = client.getProtocolEra() ?? 'legacy';
  /** What requests of the modern era say each time. */
  let meta: Readonly<Record<string, string>> = {};
  return {
    era,
    revision: client.getNegotiatedProtocolVersion(),
    heard,
    troubles,
    ...readsOf(client),
    callTool: async (name, given = {}, { signal, onProgress }: CallOptions = {}) => {
      const params = { name, arguments: given, _meta: meta };
      const result = await client.callTool(params, {
        ...(signal && { signal }),
        ...(onProgress && { onprogress: ({ progress }) => onProgress(progress) }),
      });
      return answerOf(result);
    },
    setLogLevel: async (level) => {
      if (era === 'modern') meta = { [LOG_LEVEL_META_KEY]: level };
      else await client.setLoggingLevel(level);
    },
    ping: async () => {
      if (era === 'modern') await client.discover();
      else await client.ping();
    },
    ...(era === 'modern' ? modernHearing(client) : legacyHearing(client, way)),
    [Symbol.asyncDispose]: async () => {
      await way.leave();
      isClosing = true;
      await client.close();
    },
  };
}

function make({ mode, isAskable }: ClientOptions): Client {
  const client = new Client(
    { name: 'holdfast-test', version: '2' },
    {
      versionNegotiation: { mode },
      capabilities: isAskable ? { elicitation: {}, sampling: {}, roots: {} } : {},
    },
  );
  if (!isAskable) return client;
  client.setRequestHandler('elicitation/create', ({ params }) => fillIn(params));
  client.setRequestHandler('sampling/createMessage', ({ params }) => think(params));
  client.setRequestHandler('roots/list', () => ROOTS);
  return client;
}

/** The SDK itself walks through the pages of a list. */
function readsOf(client: Client) {
  return {
    listTools: async () => (await client.listTools()).tools.map(({ name }) => name),
    listResources: async () => (await client.listResources()).resources.map(({ uri }) => uri),
    listTemplates: async () => {
      const { resourceTemplates } = await client.listResourceTemplates();
      return resourceTemplates.map(({ uriTemplate }) => uriTemplate);
    },
    listPrompts: async () => (await client.listPrompts()).prompts.map(({ name }) => name),
    readResource: async (uri) => (await client.readResource({ uri })).contents,
    getPrompt: async (name, given = {}) => {
      return (await client.getPrompt({ name, arguments: given })).messages;
    },
    complete: async (ref, argument) => {
      return (await client.complete({ ref, argument })).completion.values;
    },
  } satisfies Partial<SdkClient>;
}

function legacyHearing(client: Client, { streaming }: Way) {
  return {
    hearOfLists: streaming,
    watch: async (uri) => {
      await streaming();
      await client.subscribeResource({ uri });
      return {
        [Symbol.asyncDispose]: async () => {
          await client.unsubscribeResource({ uri });
        },
      };
    },
  } satisfies Partial<SdkClient>;
}

function modernHearing(client: Client) {
  const listen = async (filter: SubscriptionFilter): Promise<AsyncDisposable> => {
    const subscription = await client.listen(filter);
    return { [Symbol.asyncDispose]: () => subscription.close() };
  };
  return {
    hearOfLists: async () => {
      await listen(LISTS);
    },
    watch: (uri) => listen({ resourceSubscriptions: [uri] }),
  } satisfies Partial<SdkClient>;
}
