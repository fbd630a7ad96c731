import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

import { WebSocket, WebSocketServer } from 'ws';

import { unlessAborted } from '../../shared/abort.ts';
import { codeOf } from '../../shared/errors.ts';
import type { Logger } from '../../shared/logger.ts';
import { refuseUpgrade } from '../../shared/problem.ts';
import type { Outgoing } from '../protocol/frame.ts';
import type { Outlet, Peer } from '../protocol/peer.ts';
import type { Revision } from '../protocol/revisions.ts';
import { Pace } from './pace.ts';

/** The close codes we send (RFC 6455 §7.4.1 and IANA's registry). `ws` itself sends 1002, 1007 and 1009. */
const CloseCode = {
  GoingAway: 1001,
  UnsupportedData: 1003,
  PolicyViolation: 1008,
  InternalError: 1011,
  ServiceRestart: 1012,
  TryAgainLater: 1013,
} as const;

/** How sockets are let go when we end. */
export interface SocketFarewell {
  /** Whether a server will be there again at once: agents are told to come back, and not that we are gone. */
  readonly restarts: boolean;
  /** What runs then is aborted, and its socket closed. */
  readonly deadline: AbortSignal;
  /** Closes are spread over so long, so that not all come back in the same moment. */
  readonly jitterMs: number;
}

/** Bounds, from the configuration. */
export interface WebSocketLimits {
  readonly frameBytesMax: number;
  readonly socketsMax: number;
  /** Read from one socket. */
  readonly messagesPerS: number;
  readonly pingMs: number;
}

/** The bounds of a socket, as they are counted. At `messages_per_s` nothing is refused: it is read more slowly. */
type SocketLimit =
  | 'sockets'
  | 'frame_bytes'
  | 'messages_per_s'
  | 'malformed_in_row'
  | 'unsent_bytes';

/** How a socket was closed: the code both ends saw, or 1006, and what was spoken over it. */
interface SocketClosed {
  readonly code: number;
  readonly revision: Revision | undefined;
}

/** Whoever counts what a transport does. It must not throw. */
export interface SocketObserver {
  /** A socket was opened. The function returned is told once how it was closed. */
  open(): (closed: SocketClosed) => void;
  /** A bound was reached. */
  refuse(limit: SocketLimit): void;
}

export interface WebSocketOptions<Caller> {
  readonly limits: WebSocketLimits;
  readonly log: Logger;
  /** Says who asks for the upgrade, or throws a `Failure`, which is answered before the upgrade. */
  readonly authenticate: (request: IncomingMessage) => Promise<Caller>;
  readonly open: (caller: Caller, outlet: Outlet) => Peer<Caller>;
  readonly observer?: SocketObserver;
}

const SUBPROTOCOL = 'mcp';
/** Malformed frames in a row, after which nobody sensible is at the other end. */
const MALFORMED_MAX = 20;
/** What may wait in memory for a peer that does not read. Beyond it the peer is let go. */
const UNSENT_BYTES_MAX = 16 * 1_048_576;
const CLOSE_GRACE_MS = 1_000;
/** What `ws` says of a frame that is larger than `frameBytesMax`. */
const FRAME_TOO_LARGE = 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH';

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

/** One socket and the peer that speaks over it. */
class Connection<Caller> implements Outlet {
  readonly #ws: WebSocket;
  readonly #peer: Peer<Caller>;
  readonly #log: Logger;
  readonly #pace: Pace;
  readonly #observer: SocketObserver | undefined;
  #alive = true;
  #malformedInRow = 0;

  constructor(ws: WebSocket, caller: Caller, options: WebSocketOptions<Caller>) {
    const { log, open, limits, observer } = options;
    this.#ws = ws;
    this.#log = log;
    this.#observer = observer;
    this.#pace = new Pace(limits.messagesPerS);
    this.#peer = open(caller, this);
    const close = observer?.open();
    ws.on('pong', () => {
      this.#alive = true;
    });
    ws.on('message', (data: Buffer, isBinary) => {
      this.#receive(data, isBinary);
      this.#slowDown();
    });
    // What it is about, the close code says; it is the other side's doing.
    ws.on('error', (error) => {
      if (codeOf(error) === FRAME_TOO_LARGE) observer?.refuse('frame_bytes');
      log.debug('socket failed', { error });
    });
    ws.on('close', (code) => {
      this.#peer.close('The socket closed');
      close?.({ code, revision: this.#peer.revision });
    });
  }

  /** What a closed socket was to be sent is dropped: there is nobody to tell. */
  async send(message: Outgoing): Promise<void> {
    if (this.#ws.readyState !== WebSocket.OPEN) return;
    if (this.#ws.bufferedAmount > UNSENT_BYTES_MAX) {
      this.#observer?.refuse('unsent_bytes');
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

  /** Resolves when it is closed, with whether requests were cut off. */
  async drain({ restarts, deadline, jitterMs }: SocketFarewell): Promise<boolean> {
    const closed = new Promise<void>((resolve) => this.#ws.once('close', resolve));
    const waited = sleep(Math.random() * jitterMs, undefined, { signal: deadline });
    const settled = Promise.race([Promise.all([this.#peer.drain(), waited]), closed]);
    // At the deadline it is closed all the same, and what runs is aborted.
    await unlessAborted(settled, deadline).catch(() => undefined);
    const isCut = this.#peer.isBusy;
    if (restarts) this.#ws.close(CloseCode.ServiceRestart, 'The server restarts');
    else this.#ws.close(CloseCode.GoingAway, 'The server is stopping');
    const lingering = setTimeout(() => {
      this.#ws.terminate();
    }, CLOSE_GRACE_MS);
    if (this.#ws.readyState !== WebSocket.CLOSED) await closed;
    clearTimeout(lingering);
    return isCut;
  }

  /** Leaves what comes too fast in the network, where it holds up its sender alone. */
  #slowDown(): void {
    const waitMs = this.#pace.step();
    if (waitMs === 0 || this.#ws.isPaused) return;
    this.#observer?.refuse('messages_per_s');
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
          this.#observer?.refuse('malformed_in_row');
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
