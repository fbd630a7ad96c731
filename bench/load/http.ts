import { type Channel, type OpenChannel, PLACEHOLDER } from './channel.ts';
import { HttpConnection, type HttpResponse } from './http-connection.ts';

export interface HttpOptions {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Posted first, one after the other. What the answer to the first names as its session is sent along from then on. */
  readonly greeting: readonly string[];
  readonly request: string;
  /** Requests that run at a time: each takes a connection of its own, as HTTP/1.1 has it. One, if not said. */
  readonly window?: number;
}

const CRLF = '\r\n';

/** Channels over HTTP/1.1, kept alive, on bare sockets. */
export function httpChannels(options: HttpOptions): OpenChannel {
  return async ({ port, headers, heed, onError }) => {
    const own: Record<string, string> = { ...options.headers, ...headers };
    const connections = Array.from(
      { length: options.window ?? 1 },
      () => new HttpConnection(port, onError),
    );
    await Promise.all(connections.map((connection) => connection.ready()));
    const [first] = connections;
    for (const message of options.greeting) {
      const { promise, resolve } = Promise.withResolvers<HttpResponse>();
      first?.post(headOf(options.path, port, own, Buffer.byteLength(message)) + message, resolve);
      const response = await promise;
      if (response.status >= 300) throw refusalOf(response);
      const session = /^mcp-session-id: *(.*)$/im.exec(response.head)?.[1]?.trim();
      if (session !== undefined) own['Mcp-Session-Id'] = session;
    }
    const head = headOf(options.path, port, own, Buffer.byteLength(options.request));
    return channelOf(connections, head + options.request, (response) => {
      if (response.status === 200) heed(response.body);
      else onError(refusalOf(response));
    });
  };
}

/** Spreads requests over connections; those for which there is none wait for the next that is free. */
function channelOf(
  connections: readonly HttpConnection[],
  request: string,
  answered: (response: HttpResponse) => void,
): Channel {
  const [before = '', after = ''] = request.split(PLACEHOLDER);
  const free = [...connections];
  const waiting: number[] = [];
  const post = (connection: HttpConnection, number: number): void => {
    connection.post(before + String(number) + after, (response) => {
      const next = waiting.shift();
      if (next === undefined) free.push(connection);
      else post(connection, next);
      answered(response);
    });
  };
  return {
    async ready() {
      await Promise.all(connections.map((connection) => connection.ready()));
    },
    send(number) {
      const connection = free.pop();
      if (connection === undefined) waiting.push(number);
      else post(connection, number);
    },
    close() {
      for (const connection of connections) connection.close();
    },
  };
}

function headOf(
  path: string,
  port: number,
  headers: Readonly<Record<string, string>>,
  length: number,
): string {
  return [
    `POST ${path} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    'Content-Type: application/json',
    'Accept: application/json, text/event-stream',
    `Content-Length: ${length}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    '',
    '',
  ].join(CRLF);
}

function refusalOf({ status, body }: HttpResponse): Error {
  return new Error(`The server answered ${status} ${body.toString('utf8', 0, 300)}`);
}
