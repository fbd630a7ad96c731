import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';

import type { WebSocket } from 'ws';

import { Exchange, openStream, sendEvent } from './exchange.ts';
import { type Id, isRequest, type Message, parseMessage } from './message.ts';

/** What is a session over HTTP, until 2025-11-25, is one socket here. */
export class Session {
  readonly id = randomUUID();
  readonly #socket: WebSocket;
  readonly #exchanges = new Map<Id, Exchange>();
  /** What the agent opened by GET. */
  #stream: ServerResponse | undefined;

  constructor(socket: WebSocket, onEnd: () => void) {
    this.#socket = socket;
    socket.on('message', (data: Buffer) => {
      this.#receive(parseMessage(data.toString()));
    });
    socket.on('close', () => {
      for (const exchange of this.#exchanges.values()) exchange.breakOff();
      this.#stream?.end();
      onEnd();
    });
  }

  post(message: Message, response: ServerResponse): void {
    if (!isRequest(message)) response.writeHead(202).end();
    else if (message.id != null) this.#exchanges.set(message.id, new Exchange(message, response));
    this.#socket.send(message.text);
  }

  get(response: ServerResponse): void {
    if (this.#stream !== undefined) {
      response.writeHead(409).end();
      return;
    }
    this.#stream = response;
    response.on('close', () => (this.#stream = undefined));
    openStream(response);
  }

  end(): void {
    this.#socket.close(1000);
  }

  #receive(message: Message): void {
    if (message.method === undefined) {
      if (message.id == null) return;
      this.#exchanges.get(message.id)?.answer(message);
      this.#exchanges.delete(message.id);
      return;
    }
    const exchange = this.#findExchange(message);
    if (exchange !== undefined) exchange.pass(message);
    else if (this.#stream !== undefined) sendEvent(this.#stream, message);
  }

  /** The request that a message of the server's belongs to. A socket does not say: without a token it is taken for the last one. */
  #findExchange({ params }: Message): Exchange | undefined {
    const exchanges = [...this.#exchanges.values()];
    const token = params?.progressToken;
    const owner = exchanges.find(
      ({ request }) => token !== undefined && request.params?._meta?.progressToken === token,
    );
    return owner ?? exchanges.at(-1);
  }
}
