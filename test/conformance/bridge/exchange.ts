import type { ServerResponse } from 'node:http';

import type { Message } from './message.ts';

/** A request that came by POST, and what it is answered with: JSON, or a stream of events if something comes before the answer. */
export class Exchange {
  readonly request: Message;
  readonly #response: ServerResponse;
  readonly #statusOf: (answer: Message) => number;

  constructor(
    request: Message,
    response: ServerResponse,
    statusOf: (answer: Message) => number = () => 200,
  ) {
    this.request = request;
    this.#response = response;
    this.#statusOf = statusOf;
  }

  /** Sends what comes before the answer. */
  pass(message: Message): void {
    if (!this.#response.headersSent) openStream(this.#response);
    sendEvent(this.#response, message);
  }

  answer(message: Message): void {
    if (this.#response.headersSent) {
      sendEvent(this.#response, message);
      this.#response.end();
      return;
    }
    this.#response
      .writeHead(this.#statusOf(message), { 'content-type': 'application/json' })
      .end(message.text);
  }

  /** There will be no answer. */
  breakOff(): void {
    this.#response.destroy();
  }
}

export function openStream(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  response.flushHeaders();
}

export function sendEvent(response: ServerResponse, { text }: Message): void {
  response.write(`event: message\ndata: ${text}\n\n`);
}
