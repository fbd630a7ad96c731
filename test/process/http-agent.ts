/** An agent of the legacy era over HTTP. Each of its requests is on a connection of its own, and so at any worker. */
import { type IncomingMessage, request } from 'node:http';

/** One event of a stream, with its message if it has one. */
export interface StreamedEvent {
  readonly id: string | undefined;
  readonly message: { readonly [field: string]: unknown } | undefined;
}

export class HttpAgent {
  readonly #port: number;
  readonly #headers: Record<string, string> = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
  };

  private constructor(port: number) {
    this.#port = port;
  }

  /** Begins a session. */
  static async begin(port: number): Promise<HttpAgent> {
    const agent = new HttpAgent(port);
    const params = {
      protocolVersion: '2025-11-25',
      capabilities: { elicitation: {} },
      clientInfo: { name: 'http-agent', version: '1' },
    };
    const response = await agent.post({ id: 0, method: 'initialize', params });
    await textOf(response);
    const { 'mcp-session-id': session } = response.headers;
    if (typeof session !== 'string') throw new Error(`No session: ${response.statusCode}`);
    agent.#headers['mcp-session-id'] = session;
    return agent;
  }

  /** Posts a message. Resolves when the head of the answer is there. */
  post(message: object): Promise<IncomingMessage> {
    return this.#send('POST', {}, JSON.stringify({ jsonrpc: '2.0', ...message }));
  }

  /** Calls a tool, and resolves with the events of the stream that answers. */
  async call(id: string, name: string, given: object): Promise<AsyncGenerator<StreamedEvent>> {
    const params = { name, arguments: given, _meta: { progressToken: id } };
    return eventsOf(await this.post({ id, method: 'tools/call', params }));
  }

  /** Asks, and resolves with the answer, which has to be one JSON. */
  async ask(method: string, params: object = {}): Promise<{ readonly [field: string]: unknown }> {
    const response = await this.post({ id: 'a', method, params });
    const text = await textOf(response);
    if (response.statusCode !== 200) throw new Error(`${response.statusCode} ${text}`);
    return JSON.parse(text);
  }

  /** Opens the stream of the session, or the rest of one. */
  async stream(lastEventId?: string): Promise<AsyncGenerator<StreamedEvent>> {
    const place = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
    return eventsOf(await this.#send('GET', place));
  }

  async end(): Promise<number | undefined> {
    const response = await this.#send('DELETE');
    await textOf(response);
    return response.statusCode;
  }

  #send(
    method: string,
    headers: Readonly<Record<string, string>> = {},
    body?: string,
  ): Promise<IncomingMessage> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const options = {
      host: '127.0.0.1',
      port: this.#port,
      path: '/mcp',
      method,
      agent: false,
      headers: { ...this.#headers, ...headers },
    };
    request(options, resolve).on('error', reject).end(body);
    return promise;
  }
}

/** The next event that has a message. Throws if the stream is over. */
export async function messageOf(
  events: AsyncGenerator<StreamedEvent>,
): Promise<{ readonly [field: string]: unknown }> {
  for (;;) {
    const { value, done } = await events.next();
    if (done === true) throw new Error('The stream is over');
    if (value.message !== undefined) return value.message;
  }
}

export async function textOf(response: IncomingMessage): Promise<string> {
  return Buffer.concat(await response.toArray()).toString();
}

async function* eventsOf(response: IncomingMessage): AsyncGenerator<StreamedEvent> {
  if (response.statusCode !== 200)
    throw new Error(`${response.statusCode} ${await textOf(response)}`);
  response.setEncoding('utf8');
  let text = '';
  try {
    for await (const chunk of response) {
      text += String(chunk);
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      yield* blocks.flatMap((block) => parseEvent(block.split('\n')) ?? []);
    }
  } catch (error) {
    // A worker that was killed breaks its streams off.
    if (!(error instanceof Error && 'code' in error && error.code === 'ECONNRESET')) throw error;
  }
}

function parseEvent(lines: readonly string[]): StreamedEvent | undefined {
  const fieldOf = (name: string): string | undefined =>
    lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
  const data = fieldOf('data');
  if (data === undefined) return undefined;
  return { id: fieldOf('id'), message: data === '' ? undefined : JSON.parse(data) };
}
