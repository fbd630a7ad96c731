/** Streamable HTTP in front of a server's WebSocket, for the suite, which speaks only HTTP. */
import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

import { WebSocket } from 'ws';

import { Exchange } from './exchange.ts';
import { isRequest, type Message, parseMessage, statusOf } from './message.ts';
import { Session } from './session.ts';

/** The server did not want the socket, and said so with a status of HTTP. */
class Refused extends Error {
  override readonly name = 'Refused';
  readonly status: number;

  constructor(status: number) {
    super(`The upgrade was answered with ${status}`);
    this.status = status;
  }
}

export class Bridge implements AsyncDisposable {
  readonly #server: Server;
  readonly #target: string;
  readonly #sockets = new Set<WebSocket>();
  readonly #sessions = new Map<string, Session>();

  private constructor(target: string) {
    this.#target = target;
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch((error: unknown) => {
        if (!(error instanceof Refused)) throw error;
        response.writeHead(error.status).end();
      });
    });
  }

  /** `target` is where the WebSocket is. */
  static async open(target: string): Promise<Bridge> {
    const bridge = new Bridge(target);
    bridge.#server.listen(0, '127.0.0.1');
    await once(bridge.#server, 'listening');
    return bridge;
  }

  get url(): string {
    const { port } = this.#server.address() as AddressInfo; // it listens on TCP
    return `http://127.0.0.1:${port}/mcp`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.terminate();
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const message = request.method === 'POST' ? parseMessage(await text(request)) : undefined;
    const id = request.headers['mcp-session-id'];
    if (id !== undefined) {
      this.#serveSession(this.#sessions.get(String(id)), message, { request, response });
      return;
    }
    if (message === undefined) response.writeHead(405).end();
    else if (isHandshake(message)) await this.#openSession(message, request, response);
    else await this.#serveAlone(message, request, response);
  }

  #serveSession(
    session: Session | undefined,
    message: Message | undefined,
    { request, response }: { request: IncomingMessage; response: ServerResponse },
  ): void {
    if (session === undefined) response.writeHead(404).end();
    else if (message !== undefined) session.post(message, response);
    else if (request.method === 'GET') session.get(response);
    else {
      session.end();
      this.#sessions.delete(session.id);
      response.writeHead(204).end();
    }
  }

  async #openSession(
    message: Message,
    { headers }: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const socket = await this.#dial(headers);
    const session = new Session(socket, () => this.#sessions.delete(session.id));
    this.#sessions.set(session.id, session);
    response.setHeader('mcp-session-id', session.id);
    session.post(message, response);
  }

  /** Since 2026-07-28 a request knows no other. It gets a socket of its own, so that it meets any worker. */
  async #serveAlone(
    message: Message,
    { headers }: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const socket = await this.#dial(headers);
    if (!isRequest(message)) response.writeHead(202).end();
    const exchange = new Exchange(message, response, (answer) => statusOf(answer, message));
    socket.on('message', (data: Buffer) => {
      const heard = parseMessage(data.toString());
      if (heard.method === undefined) exchange.answer(heard);
      else exchange.pass(heard);
    });
    socket.on('close', () => {
      if (!response.writableEnded) exchange.breakOff();
    });
    response.on('close', () => {
      if (!response.writableEnded) socket.send(cancellation(message));
      socket.close(1000);
    });
    socket.send(message.text);
  }

  /** Says who the agent says it is and where it thinks it is, which the server has to look at. */
  async #dial({ host, origin }: IncomingHttpHeaders): Promise<WebSocket> {
    const socket = new WebSocket(this.#target, 'mcp', {
      headers: host === undefined ? {} : { host },
      ...(origin === undefined ? {} : { origin }),
    });
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    return new Promise((resolve, reject) => {
      socket.on('open', () => {
        resolve(socket);
      });
      socket.on('error', reject);
      socket.on('unexpected-response', (_request, { statusCode = 502 }) => {
        reject(new Refused(statusCode));
        socket.terminate();
      });
    });
  }
}

function isHandshake({ method, params }: Message): boolean {
  return (
    method === 'initialize' &&
    params?._meta?.['io.modelcontextprotocol/protocolVersion'] === undefined
  );
}

function cancellation({ id }: Message): string {
  return JSON.stringify({
    jsonrpc: '2.0',
    method: 'notifications/cancelled',
    params: { requestId: id, reason: 'The agent closed the stream' },
  });
}
