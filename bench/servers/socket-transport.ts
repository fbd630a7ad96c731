import type { WebSocket } from 'ws';

/** What both official SDKs call a transport, over a WebSocket: the least that does. `M` is what they call a message. */
export class SocketTransport<M> {
  readonly #socket: WebSocket;
  onmessage?: (message: M) => void;
  onclose?: () => void;
  onerror?: (error: Error) => void;

  constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  async start(): Promise<void> {
    this.#socket.on('message', (data: Buffer) => this.onmessage?.(JSON.parse(data.toString())));
    this.#socket.on('close', () => this.onclose?.());
    this.#socket.on('error', (error) => this.onerror?.(error));
  }

  async send(message: M): Promise<void> {
    this.#socket.send(JSON.stringify(message));
  }

  async close(): Promise<void> {
    this.#socket.close();
  }
}
