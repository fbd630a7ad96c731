/** Servers over HTTP that are made by hand, and what they are mounted as. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as textOf } from 'node:stream/consumers';
import type { TestContext } from 'node:test';

import { type Mounted, type MountedOptions, mount } from './mounted.ts';

export const STREAM = { 'content-type': 'text/event-stream' };
export const JSON_TYPE = { 'content-type': 'application/json' };

/** What was posted. */
export interface Asked {
  readonly id?: string;
  readonly method?: string;
  readonly params: { readonly name?: string; readonly _meta?: object };
}
/** A request, and what it is answered on. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly asked: Asked;
}
/** Answers a request. */
export type Answer = (exchange: Exchange) => void;
/** A server, and the requests that came. */
export interface Served {
  readonly url: string;
  readonly seen: readonly Exchange[];
  readonly close: () => void;
}

/** The answer to what was asked. */
export const messageOf = ({ id }: Asked, result: object): string =>
  JSON.stringify({ jsonrpc: '2.0', id, result });
/** What a call comes to. */
export const worked = { content: [{ type: 'text', text: 'works' }] };

const SESSION = { 'mcp-session-id': 'session-1' };

/** What every method is answered with, unless a test says otherwise. */
const USUAL: Readonly<Record<string, Answer>> = {
  initialize: ({ response, asked }) => {
    const result = { protocolVersion: '2025-11-25', capabilities: {}, serverInfo: {} };
    response.writeHead(200, { ...JSON_TYPE, ...SESSION }).end(messageOf(asked, result));
  },
  'notifications/initialized': ({ response }) => response.writeHead(202).end(),
  'notifications/cancelled': ({ response }) => response.writeHead(202).end(),
  'tools/list': ({ response, asked }) => {
    const tools = ['works', 'does'].map((name) => ({ name, inputSchema: { type: 'object' } }));
    response.writeHead(200, JSON_TYPE).end(messageOf(asked, { tools }));
  },
  'tools/call': ({ response, asked }) => {
    response.writeHead(200, JSON_TYPE).end(messageOf(asked, worked));
  },
  GET: ({ response }) => response.writeHead(405).end(),
  DELETE: ({ response }) => response.writeHead(204).end(),
};

/** Serves by hand. `does` is what the call of that tool is answered with. */
export async function serve(
  t: TestContext,
  answers: Readonly<Record<string, Answer>> = {},
  port = 0,
): Promise<Served> {
  const table = { ...USUAL, ...answers };
  const seen: Exchange[] = [];
  const http = createServer((request, response) => {
    void (async () => {
      const body = await textOf(request);
      const asked: Asked = body === '' ? { params: {} } : JSON.parse(body);
      const exchange = { request, response, asked };
      seen.push(exchange);
      const { name } = asked.params;
      const does = name === 'does' ? table.does : undefined;
      const answer = does ?? table[asked.method ?? request.method ?? ''];
      answer?.(exchange);
    })();
  });
  http.listen(port, '127.0.0.1');
  await once(http, 'listening');
  const close = (): void => {
    http.close();
    http.closeAllConnections();
  };
  t.after(close);
  // A TCP server that listens has an address of this kind.
  const { port: bound } = http.address() as AddressInfo;
  return { url: `http://127.0.0.1:${bound}/mcp`, seen, close };
}

/** Mounts what is there. */
export async function mountAt(
  t: TestContext,
  { url }: { readonly url: string },
  options?: MountedOptions,
  terms: object = {},
): Promise<Mounted> {
  const mounted = await mount({ url, timeoutMs: 10_000, ...terms }, options);
  t.after(() => mounted[Symbol.asyncDispose]());
  return mounted;
}

/** Whether its other tool still works. */
export const works = async ({ call }: Mounted): Promise<void> => {
  assert.deepEqual((await call('it_works')).content, worked.content);
};
