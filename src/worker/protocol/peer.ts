import { RpcCode, RpcError } from './errors.ts';
import {
  isRequestId,
  type Notification,
  type Outgoing,
  parseFrame,
  type Request,
  type RequestId,
  type Response,
  refusalOf,
} from './frame.ts';
import type { Dispatch, Handshake } from './methods.ts';
import type { Revision } from './revisions.ts';

/** Where a peer's messages go: the whole of what the protocol knows of a transport. */
export interface Outlet {
  /** Resolves when the other side can be sent more. What it is no longer there for is dropped. */
  send(message: Outgoing): Promise<void>;
}

/** How a request ended. */
export interface Ended {
  readonly response: Response;
  /** The caller took it back, or went away: the response was not sent. */
  readonly cancelled: boolean;
  /** What both sides speak by now. Absent before the handshake. */
  readonly revision: Revision | undefined;
}

/** Whoever counts what a peer does. It must not throw. */
export interface PeerObserver {
  /** A well-formed request came. The function returned is told once how it ended. */
  begin(request: Request): (ended: Ended) => void;
  /** A request was turned down, because as many as may were running. */
  refuse(limit: 'calls_in_flight'): void;
}

export interface PeerOptions<Caller> {
  readonly dispatch: Dispatch<Caller>;
  readonly caller: Caller;
  readonly outlet: Outlet;
  /** Requests that may run at once. */
  readonly inFlightMax: number;
  readonly observer?: PeerObserver;
}

/** Methods that need no handshake. */
const BEFORE_HANDSHAKE: ReadonlySet<string> = new Set(['initialize', 'ping']);
const RETRY_AFTER_MS = 1_000;

/**
 * Our end of one MCP conversation. It knows the protocol and nothing of
 * sockets: frames come in through `receive`, messages go out through the
 * outlet, and `close` lets go of whatever is still running.
 */
export class Peer<Caller> {
  readonly #options: PeerOptions<Caller>;
  readonly #inFlight = new Map<RequestId, AbortController>();
  readonly #idle = Promise.withResolvers<void>();
  #handshake: Handshake | undefined;
  #draining = false;

  constructor(options: PeerOptions<Caller>) {
    this.#options = options;
  }

  /** What both sides agreed to speak. Absent before the handshake. */
  get revision(): Revision | undefined {
    return this.#handshake?.revision;
  }

  /**
   * Resolves once the frame has been answered in full, with whether it was well-formed.
   * Rejects only when the outlet does.
   */
  async receive(text: string): Promise<boolean> {
    const frame = parseFrame(text);
    switch (frame.kind) {
      case 'request':
        await this.#answer(frame.request);
        return true;
      case 'notification':
        this.#heed(frame.notification);
        return true;
      case 'response':
        return true;
      case 'malformed':
        if (frame.refusal !== undefined) await this.#options.outlet.send(frame.refusal);
        return false;
    }
  }

  /** Whether requests are running. */
  get isBusy(): boolean {
    return this.#inFlight.size > 0;
  }

  /** Takes no more requests. Resolves when the last one that runs has been answered. */
  async drain(): Promise<void> {
    this.#draining = true;
    if (this.#inFlight.size > 0) await this.#idle.promise;
  }

  /** Aborts what runs: nobody is there for the answers. */
  close(reason: string): void {
    this.#draining = true;
    for (const running of this.#inFlight.values()) running.abort(new Error(reason));
  }

  async #answer(request: Request): Promise<void> {
    const { dispatch, caller, outlet, observer } = this.#options;
    const { id } = request;
    const end = observer?.begin(request);
    const objection = this.#objectTo(request);
    if (objection !== undefined) {
      const response = refusalOf(id, objection);
      end?.({ response, cancelled: false, revision: this.revision });
      await outlet.send(response);
      return;
    }

    const running = new AbortController();
    this.#inFlight.set(id, running);
    try {
      const response = await dispatch(request, {
        caller,
        requestId: id,
        signal: running.signal,
        notify: async (method, params) => {
          // Nothing follows the answer, whatever a method that was given up still says.
          if (running.signal.aborted || this.#inFlight.get(id) !== running) return;
          await outlet.send({ jsonrpc: '2.0', method, params });
        },
        settle: (handshake) => {
          this.#handshake = handshake;
        },
      });
      end?.({ response, cancelled: running.signal.aborted, revision: this.revision });
      // A cancelled request is owed no answer.
      if (!running.signal.aborted) await outlet.send(response);
    } finally {
      this.#inFlight.delete(id);
      if (this.#draining && this.#inFlight.size === 0) this.#idle.resolve();
    }
  }

  /** What is wrong with a well-formed request at this moment of the conversation, if anything. */
  #objectTo({ id, method }: Request): RpcError | undefined {
    if (this.#draining) {
      return new RpcError(RpcCode.Unavailable, 'The server is stopping', {
        retryAfterMs: RETRY_AFTER_MS,
      });
    }
    if (this.#inFlight.has(id)) {
      return new RpcError(RpcCode.InvalidRequest, 'A request with this id is still running');
    }
    if (this.#inFlight.size >= this.#options.inFlightMax) {
      this.#options.observer?.refuse('calls_in_flight');
      const text = `${this.#options.inFlightMax} requests are running on this connection already`;
      return new RpcError(RpcCode.Limited, text, { retryAfterMs: RETRY_AFTER_MS });
    }
    if (this.#handshake === undefined && !BEFORE_HANDSHAKE.has(method)) {
      return new RpcError(RpcCode.InvalidRequest, 'Expected initialize before anything else');
    }
    if (this.#handshake !== undefined && method === 'initialize') {
      return new RpcError(RpcCode.InvalidRequest, 'This connection is initialized already');
    }
    return undefined;
  }

  #heed({ method, params }: Notification): void {
    if (method !== 'notifications/cancelled' || !isRequestId(params.requestId)) return;
    this.#inFlight.get(params.requestId)?.abort(new Error('Cancelled by the caller'));
  }
}
