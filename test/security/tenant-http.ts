import { type IncomingMessage, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

import { SESSION_HEADER } from '../../src/worker/transport/http-sessions.ts';
import { Ear } from './crossings.ts';
import {
  ANSWER_MS_MAX,
  Broken,
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

const ACCEPTED = 'application/json, text/event-stream';
const RETRYABLE: ReadonlySet<unknown> = new Set([429, 503]);
/** Streams are opened anew so often at most. */
const STREAMS_MAX = 100;
const STREAM_PAUSE_MS = 100;
const REST_MS_MAX = 2_000;

/** One request, and what is listened to it with. */
interface Exchange {
  readonly method: 'POST' | 'GET' | 'DELETE';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Fields;
  readonly ear: Ear;
  readonly signal: AbortSignal;
}

/** What is done with messages as they come. */
interface Listener {
  readonly heed: (message: Fields) => void;
  /** Where a stream is by now. */
  readonly reach?: (eventId: string) => void;
}

abstract class TenantHttp implements TenantClient {
  protected readonly surroundings: Surroundings;
  protected readonly over = new AbortController();
  readonly #way: string;

  constructor(surroundings: Surroundings, way: string) {
    this.surroundings = surroundings;
    this.#way = way;
  }

  abstract ask(wish: Wish): Promise<Fields>;
  abstract [Symbol.asyncDispose](): Promise<void>;

  /** Each response has an ear of its own: only what it is about may come by it. */
  protected listenFor(marker: string, id?: number): Ear {
    const ear = new Ear(this.surroundings.tenant, this.#way);
    ear.allow(marker, id);
    this.surroundings.ears.push(ear);
    return ear;
  }

  /** Resolves with the response when all of it has come. Throws `Broken` if not all comes, or it is asked to try again. */
  protected async exchange(exchange: Exchange, listener: Listener): Promise<IncomingMessage> {
    const { ear } = exchange;
    const response = await this.#open(exchange);
    ear.hear(response.rawHeaders.join('\n'));
    let rest = '';
    try {
      for await (const chunk of response.setEncoding('utf8')) {
        rest = takeEvents(rest + String(chunk), ear, listener);
      }
    } catch (error) {
      throw new Broken('The response broke off', { cause: error });
    } finally {
      ear.hear(rest);
    }
    if (RETRYABLE.has(response.statusCode)) throw new Broken(rest);
    if (rest.startsWith('{')) listener.heed(JSON.parse(rest));
    return response;
  }

  /** Has a stream opened anew whenever it is over, until the client is. */
  protected async keepOpen(open: () => Promise<unknown>): Promise<void> {
    const { signal } = this.over;
    for (let opened = 0; opened < STREAMS_MAX && !signal.aborted; opened += 1) {
      // oxlint-disable-next-line no-await-in-loop -- one follows the other
      await open().catch(() => undefined);
      // oxlint-disable-next-line no-await-in-loop -- as above
      await sleep(STREAM_PAUSE_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  async #open({ method, headers, body, signal }: Exchange): Promise<IncomingMessage> {
    const { port, key } = this.surroundings;
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const all = {
      authorization: `Bearer ${key}`,
      accept: method === 'GET' ? 'text/event-stream' : ACCEPTED,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    };
    const to = { host: '127.0.0.1', port, path: '/mcp', agent: false } as const;
    request({ ...to, method, headers: all, signal }, resolve)
      .on('error', reject)
      .end(body === undefined ? undefined : JSON.stringify({ jsonrpc: '2.0', ...body }));
    try {
      return await promise;
    } catch (error) {
      throw new Broken('There is no response', { cause: error });
    }
  }
}

/** Over Streamable HTTP with a session: what belongs together comes to whichever workers. */
export class TenantSession extends TenantHttp {
  #session = '';
  #lastId = 0;

  static async open(surroundings: Surroundings): Promise<TenantSession> {
    const client = new TenantSession(surroundings, 'http session');
    const ear = client.listenFor(markerOf(surroundings));
    let answer: Fields = {};
    const { headers } = await client.exchange(
      client.#post(ear, { id: 0, method: 'initialize', params: LEGACY_HELLO }),
      { heed: (message) => (answer = message) },
    );
    const { [SESSION_HEADER]: session } = headers;
    // It may have failed with something that passes.
    const result = resultOf(answer);
    if (typeof session !== 'string') throw new Error(`No session began: ${JSON.stringify(result)}`);
    client.#session = session;
    await client.#request('resources/subscribe', { uri: surroundings.place }, ear);
    void client.#listen();
    return client;
  }

  async ask({ method, params, marker }: Wish): Promise<Fields> {
    return this.#request(method, params, this.listenFor(marker));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.over.abort();
    const ear = this.listenFor(markerOf(this.surroundings));
    const ending = { method: 'DELETE', headers: this.#headers(), ear } as const;
    const signal = AbortSignal.timeout(ANSWER_MS_MAX);
    await this.exchange({ ...ending, signal }, { heed: () => undefined }).catch(() => undefined);
  }

  async #request(method: string, params: Fields, ear: Ear): Promise<Fields> {
    this.#lastId += 1;
    const id = this.#lastId;
    let answer: Fields | undefined;
    let place: string | undefined;
    const listener: Listener = {
      reach: (eventId) => (place = eventId),
      heed: (message) => {
        if (message.method === undefined) answer = message;
        else if (message.id !== undefined) void this.#reply(message, ear);
      },
    };
    const asked = { id, method, params: paramsOf(params, id, 'legacy') };
    try {
      await this.exchange(this.#post(ear, asked), listener);
    } catch (error) {
      if (place === undefined) throw error;
      // The rest is somewhere else by now, or comes later than it is worth waiting for.
      await this.exchange(this.#get(ear, AbortSignal.timeout(REST_MS_MAX), place), listener);
    }
    if (answer === undefined) throw new Broken('There is no answer');
    return resultOf(answer);
  }

  async #reply({ id, params }: Fields, ear: Ear): Promise<void> {
    const replying = this.#post(ear, { id, result: replyTo(params) });
    // If it does not come to where it belongs, the call is not answered either.
    await this.exchange(replying, { heed: () => undefined }).catch(() => undefined);
  }

  /** Hears of changes, and goes on where it was when a worker ends. */
  async #listen(): Promise<void> {
    const ear = this.listenFor(markerOf(this.surroundings));
    let place: string | undefined;
    const listener = { heed: () => undefined, reach: (eventId: string) => (place = eventId) };
    await this.keepOpen(() => this.exchange(this.#get(ear, this.over.signal, place), listener));
  }

  #post(ear: Ear, body: Fields): Exchange {
    const signal = AbortSignal.timeout(ANSWER_MS_MAX);
    return { method: 'POST', headers: this.#headers(), body, ear, signal };
  }

  #get(ear: Ear, signal: AbortSignal, place: string | undefined): Exchange {
    const from = place === undefined ? {} : { 'last-event-id': place };
    return { method: 'GET', headers: { ...this.#headers(), ...from }, ear, signal };
  }

  #headers(): Readonly<Record<string, string>> {
    if (this.#session === '') return {};
    return { [SESSION_HEADER]: this.#session, 'mcp-protocol-version': '2025-11-25' };
  }
}

/** Over Streamable HTTP without a session: no request has to do with another. */
export class TenantRequests extends TenantHttp {
  static async open(surroundings: Surroundings): Promise<TenantRequests> {
    const client = new TenantRequests(surroundings, 'http modern');
    void client.#listen();
    return client;
  }

  async ask({ method, params, marker }: Wish): Promise<Fields> {
    const result = resultOf(await this.#request(method, params, marker));
    const replies = findReplies(result);
    if (replies === undefined) return result;
    return resultOf(await this.#request(method, { ...params, ...replies }, marker));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.over.abort();
  }

  /** All have the same id, and so the same token of their progress. */
  async #request(
    method: string,
    params: Fields,
    marker: string,
    signal = AbortSignal.timeout(ANSWER_MS_MAX),
  ): Promise<Fields> {
    const name = params.name ?? params.uri;
    const headers = {
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': method,
      ...(typeof name === 'string' ? { 'mcp-name': name } : {}),
    };
    const body = { id: 1, method, params: paramsOf(params, 1, 'modern') };
    const ear = this.listenFor(marker, 1);
    let answer: Fields | undefined;
    const heed = (message: Fields): void => {
      if (message.method === undefined) answer = message;
    };
    await this.exchange({ method: 'POST', headers, body, ear, signal }, { heed });
    if (answer === undefined) throw new Broken('There is no answer');
    return answer;
  }

  async #listen(): Promise<void> {
    const interest = interestIn(this.surroundings.place);
    const marker = markerOf(this.surroundings);
    await this.keepOpen(() =>
      this.#request('subscriptions/listen', interest, marker, this.over.signal),
    );
  }
}

function markerOf({ place }: Surroundings): string {
  return place.replace('mine://', '');
}

/** Tells of all events that are whole, and returns the rest. What is one JSON is left as it is. */
function takeEvents(text: string, ear: Ear, { heed, reach }: Listener): string {
  const blocks = text.split('\n\n');
  const rest = blocks.pop() ?? '';
  for (const block of blocks) {
    ear.hear(block);
    const lines = block.split('\n');
    const fieldOf = (name: string): string | undefined =>
      lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
    const [id, data = ''] = [fieldOf('id'), fieldOf('data')];
    if (id !== undefined) reach?.(id);
    if (data === '') continue;
    ear.hear(data);
    heed(JSON.parse(data));
  }
  return rest;
}
