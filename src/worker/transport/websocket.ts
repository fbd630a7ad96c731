import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

import { WebSocketServer } from 'ws';

import { refuseUpgrade } from '../../shared/problem.ts';
import { Connection, type ConnectionOptions, type SocketFarewell } from './connection.ts';
import { selectSubprotocol } from './subprotocol.ts';

export interface WebSocketOptions<Caller> extends ConnectionOptions<Caller> {
  /** Says who asks for the upgrade, or throws a `Failure`, which is answered before the upgrade. */
  readonly authenticate: (request: IncomingMessage) => Promise<Caller>;
}

/** MCP over WebSocket: sockets only; the protocol is the peer's. */
export class WebSocketTransport<Caller> {
  readonly #options: WebSocketOptions<Caller>;
  readonly #server: WebSocketServer;
  readonly #connections = new Set<Connection<Caller>>();
  readonly #pinging: NodeJS.Timeout;
  /** Sockets whose callers we do not know yet. They count: many may wait at once. */
  #admitting = 0;
  /** How sockets are let go, once they are. */
  #farewell: SocketFarewell | undefined;

  constructor(options: WebSocketOptions<Caller>) {
    this.#options = options;
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      maxPayload: options.limits.frameBytesMax,
      perMessageDeflate: false,
      handleProtocols: (offered) => selectSubprotocol([...offered]) ?? false,
    });
    this.#server.on('wsClientError', (_error, socket) => {
      refuseUpgrade(socket, 400, 'This is no WebSocket handshake (RFC 6455)');
    });
    // One timer for all sockets, and not one each.
    this.#pinging = setInterval(() => {
      for (const connection of this.#connections) connection.checkAlive();
    }, options.limits.pingMs).unref();
  }

  /**
   * Takes over a request to upgrade, or refuses it in plain HTTP. One whose connection was taken before
   * we restart is not refused for asking after: it is let in, and told to come again like the others.
   */
  async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const { limits, authenticate, observer } = this.#options;
    if (this.#isStopping) {
      refuseUpgrade(socket, 503, 'The server is stopping');
      return;
    }
    if (this.#connections.size + this.#admitting >= limits.socketsMax) {
      observer?.refuse('sockets');
      refuseUpgrade(socket, 503, 'Too many connections');
      return;
    }
    const offered = request.headers['sec-websocket-protocol']
      ?.split(',')
      .map((name) => name.trim());
    if (offered !== undefined && selectSubprotocol(offered) === undefined) {
      const text = 'None of the subprotocols offered is spoken here. Offer "mcp", or none';
      refuseUpgrade(socket, 400, text);
      return;
    }
    this.#admitting += 1;
    const caller = await authenticate(request).finally(() => {
      this.#admitting -= 1;
    });
    if (this.#isStopping) {
      refuseUpgrade(socket, 503, 'The server is stopping');
      return;
    }
    this.#server.handleUpgrade(request, socket, head, (ws) => {
      const connection = new Connection(ws, caller, this.#options);
      this.#connections.add(connection);
      ws.once('close', () => this.#connections.delete(connection));
      if (this.#farewell !== undefined) void connection.drain(this.#farewell);
    });
  }

  /** Whether nobody will serve here in our place. */
  get #isStopping(): boolean {
    return this.#farewell?.restarts === false;
  }

  get size(): number {
    return this.#connections.size;
  }

  /**
   * Takes no more requests, and no more sockets for long; closes each socket when its last answer is sent, and
   * all at the deadline. Resolves with how many of them still had requests running then.
   */
  async drain(farewell: SocketFarewell): Promise<number> {
    this.#farewell = farewell;
    const drains = [...this.#connections].map((connection) => connection.drain(farewell));
    const cut = await Promise.all(drains);
    clearInterval(this.#pinging);
    return cut.filter(Boolean).length;
  }
}
