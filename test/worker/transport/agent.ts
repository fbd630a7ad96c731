import { once } from 'node:events';

import { WebSocket } from 'ws';

/** A message as the agent got it. */
export interface Message {
  readonly id?: string | number;
  readonly method?: string;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string };
}

/** The other end of a socket: what an agent is to us. */
export class Agent implements Disposable {
  readonly ws: WebSocket;
  readonly got: Message[] = [];
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  readonly #waiting = new Map<string | number, (message: Message) => void>();

  private constructor(port: number, pong: boolean) {
    this.ws = new WebSocket(`ws://127.0.0.1:${port}/mcp`, 'mcp', { autoPong: pong });
    this.ws.on('message', (data: Buffer) => {
      // Our own server's text, in the form that the types of the protocol say.
      const message = JSON.parse(data.toString()) as Message;
      this.got.push(message);
      if (message.id !== undefined) this.#waiting.get(message.id)?.(message);
    });
    this.ws.on('error', () => undefined);
    this.closed = new Promise((resolve) => {
      this.ws.on('close', (code, reason) => {
        resolve({ code, reason: reason.toString() });
      });
    });
  }

  /** Connects, and shakes hands. */
  static async connect(port: number, { pong = true } = {}): Promise<Agent> {
    const agent = new Agent(port, pong);
    await once(agent.ws, 'open');
    await agent.ask('hello', 'initialize');
    return agent;
  }

  /** Asks, and resolves with the answer. */
  ask(id: string | number, method: string, params?: object): Promise<Message> {
    const { promise, resolve } = Promise.withResolvers<Message>();
    this.#waiting.set(id, resolve);
    this.ws.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
    return promise;
  }

  [Symbol.dispose](): void {
    this.ws.terminate();
  }
}
