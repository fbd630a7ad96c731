import type { Duplex } from 'node:stream';

import { WebSocket } from 'ws';

import type { Outgoing } from '../protocol/frame.ts';
import type { Outlet } from '../protocol/peer.ts';
import { serialise } from '../protocol/serialise.ts';
import { subjectOf } from '../protocol/supersede.ts';
import { CloseCode } from './close-code.ts';
import type { Cork } from './cork.ts';
import { textFrameOf } from './text-frame.ts';
import { UNSENT_BYTES_MAX } from './unsent.ts';

/** From here on a peer reads slowly, and what the next message would make worthless is held back. */
const HOLD_BYTES = 1_048_576;
const HELD_MAX = 1_000;
const DONE = Promise.resolve();

/** The way out of one socket. What a closed socket was to be sent is dropped: there is nobody to tell. */
export class SocketOutlet implements Outlet {
  readonly #ws: WebSocket;
  readonly #socket: Duplex;
  readonly #cork: Cork;
  readonly #onUnread: () => void;
  /** Told once there is room: each makes the one before it about the same subject worthless. */
  #held: Map<string, Outgoing> | undefined;
  /** Messages that are on their way to the network. */
  #unwritten = 0;
  /** Settled when there are none, if somebody waits for that. */
  #written: PromiseWithResolvers<void> | undefined;

  /**
   * `socket` is what `ws` writes to: of what it sends itself, nothing is ever half written when it is our turn. `onUnread` is told when the
   * socket is closed because what it is sent is not read.
   */
  constructor(ws: WebSocket, socket: Duplex, cork: Cork, onUnread: () => void) {
    this.#ws = ws;
    this.#socket = socket;
    this.#cork = cork;
    this.#onUnread = onUnread;
  }

  /** Whether something that was sent is not written yet. */
  get isWriting(): boolean {
    return this.#unwritten > 0;
  }

  /** Who reads as fast as it is sent to keeps nobody waiting. Who reads slowly does, until this is written, unless it may be held back. */
  send(message: Outgoing): Promise<void> {
    if (this.#ws.readyState !== WebSocket.OPEN) return DONE;
    if (this.#ws.bufferedAmount > HOLD_BYTES) return this.#sendSlowly(message);
    this.#releaseHeld();
    this.#write(message, this.#onWritten);
    return DONE;
  }

  /** Resolves when all that was sent is written, or the socket has closed. */
  async written(): Promise<void> {
    if (this.#unwritten === 0) return;
    this.#written ??= Promise.withResolvers();
    await this.#written.promise;
  }

  async #sendSlowly(message: Outgoing): Promise<void> {
    const subject = subjectOf(message);
    if (subject !== undefined && (this.#held?.size ?? 0) < HELD_MAX) {
      this.#held ??= new Map();
      this.#held.set(subject, message);
      return;
    }
    this.#releaseHeld();
    if (!this.#mayWrite()) return;
    await new Promise<void>((resolve) => {
      this.#write(message, () => {
        this.#onWritten();
        resolve();
      });
    });
  }

  /** What was held is older than what is sent now. */
  #releaseHeld(): void {
    if (this.#held === undefined) return;
    const held = this.#held.values();
    this.#held = undefined;
    for (const message of held) if (this.#mayWrite()) this.#write(message, this.#onWritten);
  }

  /** Lets go of one that does not read at all. */
  #mayWrite(): boolean {
    if (this.#ws.readyState !== WebSocket.OPEN) return false;
    if (this.#ws.bufferedAmount <= UNSENT_BYTES_MAX) return true;
    this.#onUnread();
    this.#ws.close(CloseCode.TryAgainLater, 'Answers are not being read');
    // It does not read, so it will not read the close frame either.
    this.#ws.terminate();
    return false;
  }

  #write(message: Outgoing, onWritten: () => void): void {
    const frame = textFrameOf(serialise(message));
    this.#cork.put(this.#socket);
    this.#unwritten += 1;
    this.#socket.write(frame, onWritten);
  }

  readonly #onWritten = (): void => {
    this.#unwritten -= 1;
    if (this.#held !== undefined && this.#ws.bufferedAmount <= HOLD_BYTES) this.#releaseHeld();
    if (this.#unwritten > 0) return;
    this.#written?.resolve();
    this.#written = undefined;
  };
}
