import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

import { WebSocket, WebSocketServer } from 'ws';

import { unlessAborted } from '../../shared/abort.ts';
import type { Logger } from '../../shared/logger.ts';
import type { Outgoing } from '../protocol/frame.ts';
import type { Outlet, Peer } from '../protocol/peer.ts';
import { Pace } from './pace.ts';
import { refuseUpgrade } from './problem.ts';

/** The close codes we send (RFC 6455 §7.4.1 and IANA's registry). `ws` itself sends 1002, 1007 and 1009. */
const CloseCode = {
  GoingAway: 1001,
  UnsupportedData: 1003,
  PolicyViolation: 1008,
  InternalError: 1011,
  TryAgainLater: 1013,
} as const;

/** Bounds, from the configuration. */
export interface WebSocketLimits {
  readonly frameBytesMax: number;
  readonly socketsMax: number;
  /** Read from one socket. */
  readonly messagesPerS: number;
  readonly pingMs: number;
}

export interface WebSocketOptions<Caller> {
  readonly limits: WebSocketLimits;
  readonly log: Logger;
  /** Says who asks for the upgrade, or throws a `Failure`, which is answered before the upgrade. */
  readonly authenticate: (request: IncomingMessage) => Promise<Caller>;
  readonly open: (caller: Caller, outlet: Outlet) => Peer<Caller>;
}

const SUBPROTOCOL = 'mcp';
/** Malformed frames in a row, after which nobody sensible is at the other end. */
const MALFORMED_MAX = 20;
/** What may wait in memory for a peer that does not read. Beyond it the peer is let go. */
const UNSENT_BYTES_MAX = 16 * 1_048_576;
const CLOSE_GRACE_MS = 1_000;

/** MCP over WebSocket: sockets only; the protocol is the peer's. */
export class WebSocketTransport<Caller> {
  readonly #options: WebSocketOptions<Caller>;
  readonly #server: WebSocketServer;
  readonly #connections = new Set<Connection<Caller>>();
  readonly #pinging: NodeJS.Timeout;
  /** Sockets whose callers we do not know yet. They count: many may wait at once. */
  #admitting = 0;
  #draining = false;

  constructor(options: WebSocketOptions<Caller>) {
    this.#options = options;
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      maxPayload: options.limits.frameBytesMax,
      perMessageDeflate: false,
      handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
    });
    this.#server.on('wsClientError', (_error, socket) => {
      refuseUpgrade(socket, 400, 'This is no WebSocket handshake (RFC 6455)');
    });
    // One timer for all sockets, and not one each.
    this.#pinging = setInterval(() => {
      for (const connection of this.#connections) connection.checkAlive();
    }, options.limits.pingMs).unref();
  }

  /** Takes over a request to upgrade, or refuses it in plain HTTP. */
  async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const { limits, authenticate } = this.#options;
    if (this.#draining) {
      refuseUpgrade(socket, 503, 'The server is stopping');
      return;
    }
    if (this.#connections.size + this.#admitting >= limits.socketsMax) {
      refuseUpgrade(socket, 503, 'Too many connections');
      return;
    }
    const offered = request.headers['sec-websocket-protocol']
      ?.split(',')
      .map((name) => name.trim());
    if (offered !== undefined && !offered.includes(SUBPROTOCOL)) {
      refuseUpgrade(
        socket,
        400,
        `None of the subprotocols offered is spoken here. Offer "${SUBPROTOCOL}" or none`,
      );
      return;
    }
    this.#admitting += 1;
    const caller = await authenticate(request).finally(() => {
      this.#admitting -= 1;
    });
    if (this.#draining) {
      refuseUpgrade(socket, 503, 'The server is stopping');
      return;
    }
    this.#server.handleUpgrade(request, socket, head, (ws) => {
      const connection = new Connection(ws, caller, this.#options);
      this.#connections.add(connection);
      ws.once('close', () => this.#connections.delete(connection));
    });
  }

  /** Takes no more sockets and no more requests; closes each socket when its last answer is sent, and all at `deadline`. */
  async drain(deadline: AbortSignal): Promise<void> {
    this.#draining = true;
    await Promise.all([...this.#connections].map((connection) => connection.drain(deadline)));
    clearInterval(this.#pinging);
  }
}

/** One socket and the peer that speaks over it. */
class Connection<Caller> implements Outlet {
  readonly #ws: WebSocket;
  readonly #peer: Peer<Caller>;
  readonly #log: Logger;
  readonly #pace: Pace;
  #alive = true;
  #malformedInRow = 0;

  constructor(ws: WebSocket, caller: Caller, { log, open, limits }: WebSocketOptions<Caller>) {
    this.#ws = ws;
    this.#log = log;
    this.#pace = new Pace(limits.messagesPerS);
    this.#peer = open(caller, this);
    ws.on('pong', () => {
      this.#alive = true;
    });
    ws.on('message', (data: Buffer, isBinary) => {
      this.#receive(data, isBinary);
      this.#slowDown();
    });
    // What it is about, the close code says; it is the other side's doing.
    ws.on('error', (error) => {
      log.debug('socket failed', { error });
    });
    ws.on('close', () => {
      this.#peer.close('The socket closed');
    });
  }

  /** What a closed socket was to be sent is dropped: there is nobody to tell. */
  async send(message: Outgoing): Promise<void> {
    if (this.#ws.readyState !== WebSocket.OPEN) return;
    if (this.#ws.bufferedAmount > UNSENT_BYTES_MAX) {
      this.#ws.close(CloseCode.TryAgainLater, 'Answers are not being read');
      // It does not read, so it will not read the close frame either.
      this.#ws.terminate();
      return;
    }
    await new Promise<void>((sent) => {
      this.#ws.send(JSON.stringify(message), () => {
        sent();
      });
    });
  }

  /** Lets go of a socket whose last ping was not answered, and pings it again otherwise. */
  checkAlive(): void {
    if (!this.#alive) {
      this.#ws.terminate();
      return;
    }
    this.#alive = false;
    this.#ws.ping();
  }

  async drain(deadline: AbortSignal): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#ws.once('close', resolve));
    const settled = Promise.race([this.#peer.drain(), closed]);
    // At the deadline it is closed all the same, and what runs is aborted.
    await unlessAborted(settled, deadline).catch(() => undefined);
    this.#ws.close(CloseCode.GoingAway, 'The server is stopping');
    const lingering = setTimeout(() => {
      this.#ws.terminate();
    }, CLOSE_GRACE_MS);
    if (this.#ws.readyState !== WebSocket.CLOSED) await closed;
    clearTimeout(lingering);
  }

  /** Leaves what comes too fast in the network, where it holds up its sender alone. */
  #slowDown(): void {
    const waitMs = this.#pace.step();
    if (waitMs === 0 || this.#ws.isPaused) return;
    this.#ws.pause();
    setTimeout(() => {
      this.#ws.resume();
    }, waitMs).unref();
  }

  #receive(data: Buffer, isBinary: boolean): void {
    if (isBinary) {
      this.#ws.close(CloseCode.UnsupportedData, 'Messages are text');
      return;
    }
    // After a close of ours, what still arrives is nobody's.
    if (this.#ws.readyState !== WebSocket.OPEN) return;
    this.#peer.receive(data.toString('utf8')).then(
      (wellFormed) => {
        this.#malformedInRow = wellFormed ? 0 : this.#malformedInRow + 1;
        if (this.#malformedInRow >= MALFORMED_MAX) {
          this.#ws.close(CloseCode.PolicyViolation, 'Too many malformed messages');
        }
      },
      (error: unknown) => {
        this.#log.error('message could not be handled', { error });
        this.#ws.close(CloseCode.InternalError, 'Internal error');
      },
    );
  }
}
