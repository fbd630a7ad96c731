import { once } from 'node:events';

import {
  deserializeMessage,
  type JSONRPCMessage,
  type Transport,
} from '@modelcontextprotocol/client';
import { WebSocket } from 'ws';

/** What servers of MCP over WebSocket expect to be offered. */
const SUBPROTOCOL = 'mcp';

/**
 * MCP over WebSocket for `@modelcontextprotocol/client` 2, which has no such transport of its own: one
 * message is one text frame, in both eras. `client.connect(new WebSocketTransport('ws://127.0.0.1:3000/mcp'))`
 */
export class WebSocketTransport implements Transport {
  onmessage?: (message: JSONRPCMessage) => void;
  onerror?: (error: Error) => void;
  onclose?: () => void;
  readonly #url: string;
  readonly #closed = Promise.withResolvers<void>();
  #socket: WebSocket | undefined;

  constructor(url: string) {
    this.#url = url;
  }

  /** Resolves once messages can be sent. Rejects if there is no server, or it refuses the socket. */
  async start(): Promise<void> {
    // The SDK handles a notification a moment after it came: the answer after it must not come before that.
    const socket = new WebSocket(this.#url, SUBPROTOCOL, { allowSynchronousEvents: false });
    this.#socket = socket;
    socket.on('message', (data: Buffer) => {
      this.#receive(data.toString());
    });
    socket.on('error', (error) => this.onerror?.(error));
    socket.on('close', () => {
      this.#closed.resolve();
      this.onclose?.();
    });
    await once(socket, 'open');
  }

  /** Resolves when the message was handed to the network. */
  async send(message: JSONRPCMessage): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    if (this.#socket === undefined) throw new Error('Start the transport before you send');
    this.#socket.send(JSON.stringify(message), (error) => {
      if (error) reject(error);
      else resolve();
    });
    await promise;
  }

  /** Resolves when both ends have closed. */
  async close(): Promise<void> {
    if (this.#socket === undefined) return;
    this.#socket.close();
    await this.#closed.promise;
  }

  #receive(text: string): void {
    try {
      this.onmessage?.(deserializeMessage(text));
    } catch (error) {
      this.onerror?.(new Error('The server sent no message of MCP', { cause: error }));
    }
  }
}
