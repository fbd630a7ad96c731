import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import { WebSocket } from 'ws';

import { unlessAborted } from '../../shared/abort.ts';
import { codeOf, Failure } from '../../shared/errors.ts';
import type { Logger } from '../../shared/logger.ts';
import { Pace } from '../../shared/pace.ts';
import type { Admission } from '../domain/admission.ts';
import type { SocketSessionEnd } from '../domain/session.ts';
import type { Handshake } from '../protocol/methods.ts';
import type { Outlet, Peer } from '../protocol/peer.ts';
import type { Revision } from '../protocol/revisions.ts';
import type { AfterPoll } from './after-poll.ts';
import { CloseCode } from './close-code.ts';
import type { Cork } from './cork.ts';
import type { Farewell } from './farewell.ts';
import { type Impatience, Patience } from './patience.ts';
import { SocketOutlet } from './socket-outlet.ts';

/** How sockets are let go when we end: agents are told to come back, or that we are gone. */
export interface SocketFarewell extends Farewell {
  /** Closes are spread over so long, so that not all come back in the same moment. */
  readonly jitterMs: number;
}

/** Bounds, from the configuration. */
export interface WebSocketLimits {
  readonly frameBytesMax: number;
  readonly socketsMax: number;
  /** Read from one socket. */
  readonly messagesPerS: number;
  readonly bytesPerS: number;
  readonly pingMs: number;
}

/** The bounds of a socket, as they are counted. At those of a second nothing is refused: it is read more slowly. */
type SocketLimit =
  | Impatience['limit']
  | 'sockets'
  | 'sockets_of_one'
  | 'frame_bytes'
  | 'messages_per_s'
  | 'bytes_per_s'
  | 'unanswered_ping'
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

export interface ConnectionOptions<Caller> {
  /** What comes from all sockets goes through this, and what is sent to them through that. */
  readonly afterPoll: AfterPoll;
  readonly cork: Cork;
  readonly limits: WebSocketLimits;
  readonly log: Logger;
  readonly open: (
    caller: Caller,
    outlet: Outlet,
    onHandshake: (handshake: Handshake) => void,
  ) => Peer<Caller>;
  /** A session begins over a socket: `end` is called if it is to end. What this returns is told that it has. */
  readonly beginSession?: (
    caller: Caller,
    handshake: Handshake,
    end: (reason: string) => void,
  ) => SocketSessionEnd;
  readonly observer?: SocketObserver;
}

const CLOSE_GRACE_MS = 1_000;
/** What `ws` says of a frame that is larger than `frameBytesMax`. */
const FRAME_TOO_LARGE = 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH';

/** One socket and the peer that speaks over it. */
export class Connection<Caller> {
  readonly #ws: WebSocket;
  readonly #outlet: SocketOutlet;
  readonly #peer: Peer<Caller>;
  readonly #log: Logger;
  readonly #messages: Pace;
  readonly #bytes: Pace;
  readonly #patience: Patience;
  readonly #observer: SocketObserver | undefined;
  readonly #ended: AbortSignal;
  #alive = true;
  /** We began to close it. */
  #isClosing = false;
  /** It was told to close, and may not do so by itself. */
  #isDismissed = false;
  #endSession: SocketSessionEnd | undefined;

  constructor(
    ws: WebSocket,
    socket: Socket,
    { caller, ended }: Admission<Caller>,
    options: ConnectionOptions<Caller>,
  ) {
    const { afterPoll, cork, log, open, beginSession, limits, observer } = options;
    this.#ws = ws;
    this.#log = log;
    this.#observer = observer;
    this.#messages = new Pace(limits.messagesPerS);
    this.#bytes = new Pace(limits.bytesPerS);
    this.#patience = new Patience(socket);
    this.#ended = ended;
    this.#outlet = new SocketOutlet(ws, socket, cork, () => {
      observer?.refuse('unsent_bytes');
    });
    this.#peer = open(caller, this.#outlet, (handshake) => {
      if (ws.readyState === WebSocket.CLOSED) return;
      this.#endSession = beginSession?.(caller, handshake, (reason) => {
        this.#sendAway(reason);
      });
    });
    const close = observer?.open();
    ws.on('ping', ({ length }) => {
      this.#lose(this.#patience.heedControl(length));
    });
    ws.on('pong', ({ length }) => {
      this.#alive = true;
      this.#lose(this.#patience.heedControl(length));
    });
    ws.on('message', (data: Buffer, isBinary) => {
      this.#patience.heedMessage();
      this.#slowDown(data.length);
      // What comes before a close of theirs is heard, and of what comes after one of ours nothing.
      afterPoll.add(() => {
        this.#receive(data, isBinary);
      }, data.length);
    });
    // What it is about, the close code says; it is the other side's doing.
    ws.on('error', (error) => {
      if (codeOf(error) === FRAME_TOO_LARGE) observer?.refuse('frame_bytes');
      log.debug('socket failed', { error });
    });
    ws.on('close', (code) => {
      this.#peer.close('The socket closed');
      this.#endSession?.('closed');
      close?.({ code, revision: this.#peer.revision });
    });
  }

  /** Whether something that was asked for runs. */
  get isBusy(): boolean {
    return this.#peer.isBusy;
  }

  /** Whether it is not read at the moment. */
  get isPaused(): boolean {
    return this.#ws.isPaused;
  }

  /** Lets go of a socket whose last ping was not answered, and pings it again otherwise. */
  checkAlive(): void {
    if (!this.#alive) {
      this.#observer?.refuse('unanswered_ping');
      this.#ws.terminate();
      return;
    }
    this.#alive = false;
    this.#ws.ping();
  }

  /** To be called every `TICK_MS`: lets go of a socket on which nothing comes of what was begun. */
  checkProgress(): void {
    if (this.#ws.readyState === WebSocket.OPEN) this.#lose(this.#patience.tick(this));
  }

  /** Lets go of a socket whose caller may no longer ask: what was shown at the upgrade has expired, or was revoked. */
  checkCaller(): void {
    if (!this.#ended.aborted || this.#isDismissed) return;
    const { reason } = this.#ended;
    this.#sendAway(reason instanceof Failure ? reason.message : 'You may no longer ask');
  }

  /** Resolves when it is closed, with whether requests were cut off. */
  async drain({ restarts, deadline, jitterMs }: SocketFarewell): Promise<boolean> {
    const closed = new Promise<void>((resolve) => this.#ws.once('close', resolve));
    const waited = sleep(Math.random() * jitterMs, undefined, { signal: deadline });
    const answered = this.#peer.drain().then(() => this.#outlet.written());
    const settled = Promise.race([Promise.all([answered, waited]), closed]);
    // At the deadline it is closed all the same, and what runs is aborted.
    await unlessAborted(settled, deadline).catch(() => undefined);
    const isCut = this.#peer.isBusy || this.#outlet.isWriting;
    if (restarts) this.#close(CloseCode.ServiceRestart, 'The server restarts');
    else this.#close(CloseCode.GoingAway, 'The server is stopping');
    const lingering = this.#terminateSoon();
    if (this.#ws.readyState !== WebSocket.CLOSED) await closed;
    clearTimeout(lingering);
    return isCut;
  }

  #sendAway(reason: string): void {
    this.#dismiss(reason);
    this.#peer.close(reason);
  }

  #lose(impatience: Impatience | undefined): void {
    if (impatience === undefined || this.#isDismissed) return;
    this.#observer?.refuse(impatience.limit);
    this.#dismiss(impatience.reason);
    // `ws` would answer each of them.
    if (impatience.limit === 'control_frames') this.#ws.pause();
  }

  #dismiss(reason: string): void {
    this.#isDismissed = true;
    this.#close(CloseCode.PolicyViolation, reason);
    this.#terminateSoon().unref();
  }

  /** The other end may not close by itself. */
  #terminateSoon(): NodeJS.Timeout {
    return setTimeout(() => {
      this.#ws.terminate();
    }, CLOSE_GRACE_MS);
  }

  #close(code: number, reason: string): void {
    this.#isClosing = true;
    this.#ws.close(code, reason);
  }

  /** Leaves what comes too fast in the network, where it holds up its sender alone. */
  #slowDown(bytes: number): void {
    const now = performance.now();
    const messagesMs = this.#messages.step(1, now);
    const bytesMs = this.#bytes.step(bytes, now);
    const waitMs = Math.max(messagesMs, bytesMs);
    if (waitMs === 0 || this.#ws.isPaused) return;
    this.#observer?.refuse(bytesMs > messagesMs ? 'bytes_per_s' : 'messages_per_s');
    this.#ws.pause();
    setTimeout(() => {
      this.#ws.resume();
    }, waitMs).unref();
  }

  #receive(data: Buffer, isBinary: boolean): void {
    if (isBinary) {
      this.#close(CloseCode.UnsupportedData, 'Messages are text');
      return;
    }
    this.checkCaller();
    if (this.#isClosing) return;
    this.#peer.receive(data.toString('utf8')).then(
      (wellFormed) => {
        this.#lose(this.#patience.heedForm(wellFormed));
      },
      (error: unknown) => {
        this.#log.error('message could not be handled', { error });
        this.#close(CloseCode.InternalError, 'Internal error');
      },
    );
  }
}
