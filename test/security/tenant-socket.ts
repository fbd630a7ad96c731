import { once } from 'node:events';

import { WebSocket } from 'ws';

import { Ear } from './crossings.ts';
import {
  ANSWER_MS_MAX,
  Broken,
  Closed,
  type Fields,
  findReplies,
  interestIn,
  LEGACY_HELLO,
  paramsOf,
  replyTo,
  resultOf,
  type Surroundings,
  type TenantClient,
  type Wish,
} from './tenant.ts';

type Era = 'legacy' | 'modern';

/** Over one WebSocket. */
export class TenantSocket implements TenantClient {
  readonly #socket: WebSocket;
  readonly #ear: Ear;
  readonly #era: Era;
  readonly #waiting = new Map<unknown, (answer: Fields) => void>();
  readonly #closed = Promise.withResolvers<never>();
  #lastId = 0;

  private constructor({ port, key, tenant, ears }: Surroundings, era: Era) {
    this.#era = era;
    this.#ear = new Ear(tenant, `websocket ${era}`);
    ears.push(this.#ear);
    const headers = { authorization: `Bearer ${key}` };
    this.#socket = new WebSocket(`ws://127.0.0.1:${port}/mcp`, 'mcp', { headers });
    this.#closed.promise.catch(() => undefined);
    this.#socket.on('error', () => undefined);
    this.#socket.on('unexpected-response', (_request, response) => {
      this.#ear.hear(JSON.stringify(response.headers));
      response.setEncoding('utf8').on('data', (text: string) => {
        this.#ear.hear(text);
      });
      this.#closed.reject(new Closed(`refused: ${response.statusCode}`));
      this.#socket.terminate();
    });
    this.#socket.on('close', (code, reason) => {
      this.#ear.hear(`closed ${code} ${reason.toString()}`);
      this.#closed.reject(new Closed(`closed: ${code}`));
    });
    this.#socket.on('message', (data: Buffer) => {
      this.#heed(data.toString());
    });
  }

  static async open(surroundings: Surroundings, era: Era): Promise<TenantSocket> {
    const client = new TenantSocket(surroundings, era);
    const { place } = surroundings;
    client.#ear.allow(place.replace('mine://', ''));
    await Promise.race([once(client.#socket, 'open'), client.#closed.promise]).catch(
      (error: unknown) => {
        throw error instanceof Broken ? error : new Broken('no socket', { cause: error });
      },
    );
    if (era === 'modern') {
      client.#send('subscriptions/listen', interestIn(place));
      return client;
    }
    await client.#answerTo(client.#send('initialize', LEGACY_HELLO));
    client.#say({ method: 'notifications/initialized' });
    resultOf(await client.#answerTo(client.#send('resources/subscribe', { uri: place })));
    return client;
  }

  async ask({ method, params, marker }: Wish): Promise<Fields> {
    this.#ear.allow(marker);
    const result = resultOf(await this.#answerTo(this.#send(method, params, marker)));
    const replies = findReplies(result);
    if (replies === undefined) return result;
    const again = this.#send(method, { ...params, ...replies }, marker);
    return resultOf(await this.#answerTo(again));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#socket.readyState === WebSocket.CLOSED) return;
    this.#socket.close();
    const impatience = setTimeout(() => {
      this.#socket.terminate();
    }, 1_000);
    await once(this.#socket, 'close');
    clearTimeout(impatience);
  }

  /** All sockets count from the same number, so that an id of one is an id of every other. */
  #send(method: string, params: Fields, marker?: string): number {
    this.#lastId += 1;
    const id = this.#lastId;
    if (marker !== undefined) this.#ear.allow(marker, id);
    this.#say({ id, method, params: paramsOf(params, id, this.#era) });
    return id;
  }

  #say(message: Fields): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    this.#socket.send(JSON.stringify({ jsonrpc: '2.0', ...message }));
  }

  async #answerTo(id: number): Promise<Fields> {
    const { promise, resolve, reject } = Promise.withResolvers<Fields>();
    this.#waiting.set(id, resolve);
    const deadline = setTimeout(() => {
      reject(new Error(`There is no answer to ${id}, and the socket is open: ${this.#ear.way}`));
    }, ANSWER_MS_MAX);
    try {
      return await Promise.race([promise, this.#closed.promise]);
    } finally {
      clearTimeout(deadline);
      this.#waiting.delete(id);
    }
  }

  #heed(text: string): void {
    this.#ear.hear(text);
    const message: Fields = JSON.parse(text);
    const { id, method, params } = message;
    if (method === undefined) this.#waiting.get(id)?.(message);
    else if (id !== undefined) this.#say({ id, result: replyTo(params) });
  }
}
