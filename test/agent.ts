/** An agent as small as can be: one socket, the handshake, and calls that wait for their answers. */
import { once } from 'node:events';

import { type ClientOptions, WebSocket } from 'ws';

export interface Answer {
  readonly id?: number;
  readonly result?: {
    readonly structuredContent?: Readonly<Record<string, unknown>>;
    readonly content?: readonly { readonly text: string }[];
    readonly isError?: boolean;
  };
  readonly error?: {
    readonly code: number;
    readonly message: string;
    readonly data?: { readonly kind?: string; readonly retryAfterMs?: number };
  };
}

export class Agent implements AsyncDisposable {
  readonly socket: WebSocket;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #lastId = 0;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data: Buffer) => {
      const answer: Answer = JSON.parse(data.toString());
      if (answer.id === undefined) return;
      this.#waiting.get(answer.id)?.(answer);
      this.#waiting.delete(answer.id);
    });
    socket.on('error', () => undefined);
  }

  static async connect(port: number): Promise<Agent> {
    return Agent.connectTo(`ws://127.0.0.1:${port}/mcp`);
  }

  /** Rejects with what a proxy on the way answers instead. */
  static async connectTo(url: string, options?: ClientOptions): Promise<Agent> {
    const socket = new WebSocket(url, 'mcp', options);
    const agent = new Agent(socket);
    await once(socket, 'open');
    await agent.request('initialize', {
      protocolVersion: '2025-11-25',
      capabilities: {},
      clientInfo: { name: 'test', version: '1' },
    });
    socket.send('{"jsonrpc":"2.0","method":"notifications/initialized"}');
    return agent;
  }

  /** Rejects if the socket closes before the answer is there. */
  async request(method: string, params: object): Promise<Answer> {
    this.#lastId += 1;
    const id = this.#lastId;
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const fail = (): void => {
      reject(new Error('The socket closed'));
    };
    this.#waiting.set(id, resolve);
    this.socket.once('close', fail);
    this.socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
    try {
      return await promise;
    } finally {
      this.socket.off('close', fail);
    }
  }

  /** Resolves when the server says so, from now on. */
  async notified(method: string): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const heed = (data: Buffer): void => {
      const said: { readonly method?: string } = JSON.parse(data.toString());
      if (said.method === method) resolve();
    };
    this.socket.on('message', heed);
    await promise;
    this.socket.off('message', heed);
  }

  async call(name: string, given: object = {}): Promise<Answer> {
    return this.request('tools/call', { name, arguments: given });
  }

  /** Which worker is at the other end. */
  async workerPid(): Promise<number> {
    const { result } = await this.call('who_serves');
    return Number(result?.structuredContent?.pid);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.socket.readyState === WebSocket.CLOSED) return;
    this.socket.close();
    await once(this.socket, 'close');
  }
}
