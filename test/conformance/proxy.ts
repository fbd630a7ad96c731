/** A proxy in front of several servers, as a load balancer would be that knows nothing of MCP. */
import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  request as passOn,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream';

/** Headers of one connection, which are not passed on to the next (RFC 9110 §7.6.1). */
const OF_ONE_CONNECTION = new Set(['connection', 'keep-alive', 'transfer-encoding']);

/**
 * Sends each request to the server after the last one's, over a connection of its own: so no two
 * requests in a row meet the same server, and none is bound to a worker by a connection that stays open.
 */
export class RoundRobin implements AsyncDisposable {
  readonly #server: Server;
  readonly #ports: readonly number[];
  #next = 0;

  private constructor(ports: readonly number[]) {
    this.#ports = ports;
    this.#server = createServer((request, response) => {
      this.#forward(request, response);
    });
  }

  static async open(ports: readonly number[]): Promise<RoundRobin> {
    const proxy = new RoundRobin(ports);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get url(): string {
    const { port } = this.#server.address() as AddressInfo; // it listens on TCP
    return `http://127.0.0.1:${port}/mcp`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  #forward(request: IncomingMessage, response: ServerResponse): void {
    const port = this.#ports[this.#next++ % this.#ports.length];
    const passed = passOn({
      host: '127.0.0.1',
      port,
      method: request.method,
      path: request.url,
      headers: endToEnd(request.rawHeaders),
      agent: false,
    });
    // Who goes away is gone for the server too.
    response.on('close', () => passed.destroy());
    passed.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, endToEnd(answer.rawHeaders));
      response.flushHeaders();
      pipeline(answer, response, () => undefined);
    });
    passed.on('error', () => {
      if (response.headersSent) response.destroy();
      else response.writeHead(502).end();
    });
    request.pipe(passed);
  }
}

/** Names and values by turns, as they came, without those of the connection they came on. */
function endToEnd(raw: readonly string[]): string[] {
  return raw.filter((_text, index) => {
    const name = raw[index - (index % 2)] ?? '';
    return !OF_ONE_CONNECTION.has(name.toLowerCase());
  });
}
