import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';

import { type WebSocket, WebSocketServer } from 'ws';

import { refuseUpgrade } from '../../shared/problem.ts';
import { AfterPoll } from './after-poll.ts';
import { Connection, type ConnectionOptions, type SocketFarewell } from './connection.ts';
import { Cork } from './cork.ts';
import type { Entrance } from './entrance.ts';
import { TICK_MS } from './patience.ts';
import { selectSubprotocol, subprotocolsOf } from './subprotocol.ts';
import { Wheel } from './wheel.ts';

export interface WebSocketOptions<Caller>
  extends Omit<ConnectionOptions<Caller>, 'afterPoll' | 'cork'> {
  readonly entrance: Pick<Entrance<Caller>, 'admitSocket' | 'takePlace'>;
}

/** Sockets that are looked at in one turn: all of them may have to be closed. */
const CHECKED_AT_ONCE = 250;
/** Frames that one message may be in. Each has a cost of its own, however little it holds. */
const FRAGMENTS_MAX = 1_024;
/** Pieces that one frame may arrive in: as many as there are packets of this size in the largest, and a few where that is small. */
const CHUNK_BYTES = 512;
const CHUNKS_MAX = 1_024;

/** MCP over WebSocket: sockets only; the protocol is the peer's. */
export class WebSocketTransport<Caller> {
  readonly #options: WebSocketOptions<Caller> & ConnectionOptions<Caller>;
  readonly #server: WebSocketServer;
  /** Both hold all sockets. */
  readonly #pinging: Wheel<Connection<Caller>>;
  readonly #ticking: Wheel<Connection<Caller>>;
  /** Sockets whose callers we do not know yet. They count: many may wait at once. */
  #admitting = 0;
  /** How sockets are let go, once they are. */
  #farewell: SocketFarewell | undefined;
  /** What some came in with holds no longer, and all are about to be looked at. */
  #isCheckDue = false;

  constructor(options: WebSocketOptions<Caller>) {
    this.#options = { ...options, afterPoll: new AfterPoll(), cork: new Cork() };
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      maxPayload: options.limits.frameBytesMax,
      maxFragments: FRAGMENTS_MAX,
      maxBufferedChunks: Math.max(CHUNKS_MAX, options.limits.frameBytesMax / CHUNK_BYTES),
      perMessageDeflate: false,
      handleProtocols: (offered) => selectSubprotocol([...offered]) ?? false,
    });
    this.#server.on('wsClientError', (_error, socket) => {
      refuseUpgrade(socket, 400, 'This is no WebSocket handshake (RFC 6455)');
    });
    this.#pinging = new Wheel({
      roundMs: options.limits.pingMs,
      visit: (connection) => {
        connection.checkAlive();
      },
    });
    this.#ticking = new Wheel({
      roundMs: TICK_MS,
      visit: (connection) => {
        connection.checkProgress();
      },
    });
  }

  /**
   * Takes over a request to upgrade, or refuses it in plain HTTP. One whose connection was taken before
   * we restart is not refused for asking after: it is let in, and told to come again like the others.
   */
  async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const { limits, entrance, observer } = this.#options;
    if (this.#isStopping) {
      refuseUpgrade(socket, 503, 'The server is stopping');
      return;
    }
    if (this.size + this.#admitting >= limits.socketsMax) {
      observer?.refuse('sockets');
      refuseUpgrade(socket, 503, 'Too many connections');
      return;
    }
    const offered = subprotocolsOf(request);
    if (offered !== undefined && selectSubprotocol(offered) === undefined) {
      const text = 'None of the subprotocols offered is spoken here. Offer "mcp", or none';
      refuseUpgrade(socket, 400, text);
      return;
    }
    this.#admitting += 1;
    const admission = await entrance.admitSocket(request).finally(() => {
      this.#admitting -= 1;
    });
    if (this.#isStopping) {
      refuseUpgrade(socket, 503, 'The server is stopping');
      return;
    }
    // It went while we found out.
    if (socket.destroyed) return;
    // Whatever becomes of the upgrade.
    disposeOnClose(socket, entrance.takePlace(admission.caller));
    const stream = request.socket;
    this.#server.handleUpgrade(request, socket, head, (ws) => {
      this.#take(new Connection(ws, stream, admission, this.#options), ws);
      this.#heedEnd(admission.ended);
    });
  }

  #take(connection: Connection<Caller>, ws: WebSocket): void {
    this.#pinging.add(connection);
    this.#ticking.add(connection);
    ws.on('close', () => {
      this.#pinging.delete(connection);
      this.#ticking.delete(connection);
    });
    if (this.#farewell !== undefined) void connection.drain(this.#farewell);
  }

  /** Looks at all sockets when what one came in with holds no longer: that is rare, and sockets that listened themselves would be larger. */
  #heedEnd(ended: AbortSignal): void {
    if (ended.aborted) this.#checkCallersSoon();
    else ended.addEventListener('abort', this.#checkCallersSoon);
  }

  /** One function for all sockets: a signal that many share calls it once. */
  readonly #checkCallersSoon = (): void => {
    // Many may end in one turn.
    if (this.#isCheckDue) return;
    this.#isCheckDue = true;
    setImmediate(() => {
      this.#isCheckDue = false;
      void this.#checkCallers();
    });
  };

  /** A few at a time: all of them may have come in with the same thing. */
  async #checkCallers(): Promise<void> {
    for (const [index, connection] of [...this.#ticking.members].entries()) {
      connection.checkCaller();
      // oxlint-disable-next-line no-await-in-loop -- what waits comes first
      if (index % CHECKED_AT_ONCE === 0) await nextTurn();
    }
  }

  /** Whether nobody will serve here in our place. */
  get #isStopping(): boolean {
    return this.#farewell?.restarts === false;
  }

  get size(): number {
    return this.#ticking.size;
  }

  /**
   * Takes no more requests, and no more sockets for long; closes each socket when its last answer is sent, and
   * all at the deadline. Resolves with how many of them still had requests running then.
   */
  async drain(farewell: SocketFarewell): Promise<number> {
    this.#farewell = farewell;
    const drains = Array.from(this.#ticking.members, (connection) => connection.drain(farewell));
    const cut = await Promise.all(drains);
    this.#pinging[Symbol.dispose]();
    this.#ticking[Symbol.dispose]();
    return cut.filter(Boolean).length;
  }
}

/** Apart from the upgrade, of which a listener made there would keep all there is: the request, and what was read of it. */
function disposeOnClose(socket: Duplex, place: Disposable): void {
  socket.on('close', () => {
    place[Symbol.dispose]();
  });
}
