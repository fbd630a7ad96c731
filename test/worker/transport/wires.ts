/** Agents of each era over each transport, so that all can be asked the same. */
import { EventEmitter, once } from 'node:events';

import { WebSocket } from 'ws';

import { begin, eventsOf, LEGACY, modernHeaders, post, type ServedMcp } from './mcp-served.ts';

type Json = Readonly<Record<string, unknown>>;

/** What was said of one request, in order: notifications, and at last the answer. Nothing of an era is left in it. */
export type Transcript = readonly Json[];

export interface Wire extends AsyncDisposable {
  readonly era: 'legacy' | 'modern';
  /** Asks, and resolves with all that was said until the answer, with it. */
  ask(method: string, params?: Json): Promise<Transcript>;
  /** Resolves with what is told of changes, as many as are waited for, while something is done. */
  listen(uris: readonly string[], count: number, act: () => Promise<void>): Promise<Transcript>;
  /** Asks, and takes it back once the first thing was said. Resolves when that is done. */
  askAndCancel(method: string, params: Json): Promise<void>;
}

/** What the agent's user answers. */
const CAPABILITIES = { elicitation: {}, sampling: {}, roots: {} };
const NAME = { action: 'accept', content: { name: 'Ann' } };

export const WIRES: Readonly<Record<string, (served: ServedMcp) => Promise<Wire>>> = {
  'WebSocket, legacy': async (served) => {
    const wire = await SocketWire.open(served, 'legacy');
    await wire.ask('initialize', {
      protocolVersion: '2025-11-25',
      capabilities: CAPABILITIES,
      clientInfo: { name: 'test', version: '1' },
    });
    return wire;
  },
  'WebSocket, modern': (served) => SocketWire.open(served, 'modern'),
  'HTTP, legacy': async ({ url }) => new HttpWire(url, 'legacy', await begin(url)),
  'HTTP, modern': async ({ url }) => new HttpWire(url, 'modern', {}),
};

/** A request as its era has it. */
function requestOf(era: Wire['era'], id: string, method: string, params: Json = {}): Json {
  const { _meta: meta } = params;
  const envelope = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientCapabilities': CAPABILITIES,
  };
  const whole =
    era === 'legacy'
      ? params
      : { ...params, _meta: { ...envelope, ...(isJson(meta) ? meta : {}) } };
  return { jsonrpc: '2.0', id, method, params: whole };
}

/** A message without what only one era says. */
function plain(message: Json): Json {
  const { jsonrpc: _version, id: _id, ...rest } = message;
  const { result, params } = rest;
  if (isJson(result)) {
    const { resultType: _type, ttlMs: _ttl, cacheScope: _scope, _meta: _of, ...said } = result;
    return { ...rest, result: said };
  }
  if (!isJson(params)) return rest;
  const { _meta: _subscription, ...said } = params;
  return { ...rest, params: said };
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The answers to what a modern result asks for; nothing if it asks for nothing. */
function answersTo({ result }: Json): Json | undefined {
  if (!isJson(result) || result.resultType !== 'input_required') return undefined;
  const { inputRequests, requestState } = result;
  const names = isJson(inputRequests) ? Object.keys(inputRequests) : [];
  return { inputResponses: Object.fromEntries(names.map((name) => [name, NAME])), requestState };
}

abstract class AnyWire implements Wire {
  readonly era: Wire['era'];
  #lastId = 0;

  constructor(era: Wire['era']) {
    this.era = era;
  }

  async ask(method: string, params: Json = {}): Promise<Transcript> {
    const said = await Array.fromAsync(this.open(method, params));
    const answers = answersTo(said.at(-1) ?? {});
    if (answers === undefined) return said.map(plain);
    return this.ask(method, { ...params, ...answers });
  }

  nextId(): string {
    this.#lastId += 1;
    return `r${this.#lastId}`;
  }

  abstract open(method: string, params: Json): AsyncGenerator<Json>;
  abstract listen(
    uris: readonly string[],
    count: number,
    act: () => Promise<void>,
  ): Promise<Transcript>;
  abstract askAndCancel(method: string, params: Json): Promise<void>;
  abstract [Symbol.asyncDispose](): Promise<void>;
}

const LISTEN = 'subscriptions/listen';

function interestIn(uris: readonly string[]): Json {
  return { notifications: { toolsListChanged: true, resourceSubscriptions: uris } };
}

class SocketWire extends AnyWire {
  readonly #socket: WebSocket;

  private constructor(socket: WebSocket, era: Wire['era']) {
    super(era);
    this.#socket = socket;
  }

  static async open({ url }: ServedMcp, era: Wire['era']): Promise<SocketWire> {
    const socket = new WebSocket(url.replace('http', 'ws'), 'mcp');
    await once(socket, 'open');
    return new SocketWire(socket, era);
  }

  async *open(method: string, params: Json): AsyncGenerator<Json> {
    const id = this.nextId();
    this.#send(requestOf(this.era, id, method, params));
    for await (const message of this.#messages()) {
      if (message.method === 'elicitation/create') {
        this.#send({ jsonrpc: '2.0', id: message.id, result: NAME });
        continue;
      }
      yield message;
      if (message.id === id) return;
    }
  }

  async listen(
    uris: readonly string[],
    count: number,
    act: () => Promise<void>,
  ): Promise<Transcript> {
    if (this.era === 'legacy') {
      for (const uri of uris) await this.ask('resources/subscribe', { uri });
    }
    const messages = this.#messages();
    if (this.era === 'modern') {
      this.#send(requestOf(this.era, this.nextId(), LISTEN, interestIn(uris)));
      await messages.next();
    }
    const heard: Json[] = [];
    const acted = act();
    for await (const message of messages) {
      heard.push(plain(message));
      if (heard.length === count) break;
    }
    await acted;
    return heard;
  }

  async askAndCancel(method: string, params: Json): Promise<void> {
    const id = this.nextId();
    this.#send(requestOf(this.era, id, method, params));
    await this.#messages().next();
    this.#send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: id } });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#socket, 'close');
    this.#socket.close();
    await closed;
  }

  async *#messages(): AsyncGenerator<Json> {
    const queue: Json[] = [];
    const arrived = new EventEmitter();
    const heed = (data: Buffer): void => {
      queue.push(JSON.parse(data.toString()));
      arrived.emit('message');
    };
    this.#socket.on('message', heed);
    try {
      for (;;) {
        const message = queue.shift();
        if (message === undefined) await once(arrived, 'message');
        else yield message;
      }
    } finally {
      this.#socket.off('message', heed);
    }
  }

  #send(message: Json): void {
    this.#socket.send(JSON.stringify(message));
  }
}

class HttpWire extends AnyWire {
  readonly #url: string;
  readonly #session: Readonly<Record<string, string>>;

  constructor(url: string, era: Wire['era'], session: Readonly<Record<string, string>>) {
    super(era);
    this.#url = url;
    this.#session = session;
  }

  async *open(method: string, params: Json): AsyncGenerator<Json> {
    const id = this.nextId();
    const response = await post(
      this.#url,
      requestOf(this.era, id, method, params),
      this.#headers(method, params),
    );
    if (response.headers.get('content-type') !== 'text/event-stream') {
      yield JSON.parse(await response.text());
      return;
    }
    for await (const { data } of eventsOf(response)) {
      if (data === '') continue;
      const message: Json = JSON.parse(data);
      if (message.method !== 'elicitation/create') yield message;
      else {
        const answer = { jsonrpc: '2.0', id: message.id, result: NAME };
        await (await post(this.#url, answer, this.#session)).text();
      }
    }
  }

  async listen(
    uris: readonly string[],
    count: number,
    act: () => Promise<void>,
  ): Promise<Transcript> {
    if (this.era === 'legacy') {
      for (const uri of uris) await this.ask('resources/subscribe', { uri });
    }
    const events = eventsOf(
      this.era === 'modern'
        ? await post(
            this.#url,
            requestOf(this.era, this.nextId(), LISTEN, interestIn(uris)),
            this.#headers(LISTEN, {}),
          )
        : await fetch(this.#url, { headers: { ...this.#session, accept: 'text/event-stream' } }),
    );
    // That it listens, or where the stream begins.
    await events.next();
    const heard: Json[] = [];
    const acted = act();
    for await (const { data } of events) {
      heard.push(plain(JSON.parse(data)));
      if (heard.length === count) break;
    }
    await acted;
    return heard;
  }

  async askAndCancel(method: string, params: Json): Promise<void> {
    const id = this.nextId();
    const controller = new AbortController();
    const response = await fetch(this.#url, {
      method: 'POST',
      headers: this.#headers(method, params),
      body: JSON.stringify(requestOf(this.era, id, method, params)),
      signal: controller.signal,
    });
    if (this.era === 'modern') {
      controller.abort();
      return;
    }
    const cancel = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: id } };
    await (await post(this.#url, cancel, this.#session)).text();
    await response.text();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.era === 'modern') return;
    await fetch(this.#url, { method: 'DELETE', headers: this.#session });
  }

  #headers(method: string, { name, uri }: Json): Readonly<Record<string, string>> {
    if (this.era === 'legacy') return { ...LEGACY, ...this.#session };
    const named = name ?? uri;
    return modernHeaders(method, typeof named === 'string' ? named : undefined);
  }
}
