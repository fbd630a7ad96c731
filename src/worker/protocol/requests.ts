import { Cancellation } from '../domain/cancellation.ts';
import type { Asks } from './asks.ts';
import { RpcCode, RpcError } from './errors.ts';
import { type Message, type Request, type RequestId, type Response, refusalOf } from './frame.ts';
import type { JsonOverrun } from './json-bounds.ts';
import type { Dispatches, Party } from './methods.ts';
import { isModern, type Revision } from './revisions.ts';
import { RunningRequest } from './running-request.ts';

/** How a request ended. */
export interface Ended {
  readonly response: Response;
  /** The caller took it back, or went away: the response was not sent. */
  readonly cancelled: boolean;
  /** What both sides speak. Absent before the handshake. */
  readonly revision: Revision | undefined;
}

/** The bounds of requests, as they are counted. */
type RequestLimit =
  | 'calls_in_flight'
  | 'calls_of_one'
  | 'frame_bytes'
  | 'http_requests'
  | JsonOverrun;

/** Whoever counts requests. It must not throw. */
export interface RequestObserver {
  /** A well-formed request came. The function returned is told once how it ended. */
  begin(request: Request): (ended: Ended) => void;
  /** One was turned down, because of a bound. */
  refuse(limit: RequestLimit): void;
}

export interface RequestsOptions<Caller> {
  readonly dispatches: Dispatches<Caller>;
  /** Requests that may run at once. */
  readonly inFlightMax: number;
  /** Takes a place for one request of the caller, among all that it has running here. Nothing, if it has none left. */
  readonly takePlace?: (caller: Caller) => Disposable | undefined;
  readonly observer?: RequestObserver;
  /** Told of each caller of whom a request was turned down because of a bound. It must not throw. */
  readonly onLimited?: ((caller: Caller) => void) | undefined;
}

/** Where what belongs to a request goes: what is said before the answer, and the answer. */
interface ReplyTo {
  /** Resolves when the other side can be sent more. What it is no longer there for is dropped. */
  send(message: Message): Promise<void>;
  /** Lets go of the connection, where that can be. */
  release?(): Promise<void>;
}

/** Where a request came from, and where what belongs to it goes. */
export interface Origin<Caller> {
  /** Who asks. Of two requests on one channel, each may have shown something else. */
  readonly caller: Caller;
  /** Aborted when what the caller showed no longer holds, where it is not the end of the channel. */
  readonly ended?: AbortSignal;
  /** The other end; or what is wrong with this request at this moment, if anything. */
  readonly party: Party | RpcError;
  readonly asks: Asks;
  readonly replyTo: ReplyTo;
}

const RETRY_AFTER_MS = 1_000;

/** The requests that run on one channel: a socket, or a session. Their ids are theirs alone while they run. */
export class Requests<Caller> {
  readonly #options: RequestsOptions<Caller>;
  readonly #running = new Map<RequestId, RunningRequest<Caller>>();
  readonly #ending = new Cancellation();
  /** Settled when the last one is answered, once no more are taken. */
  #idle: PromiseWithResolvers<void> | undefined;

  constructor(options: RequestsOptions<Caller>) {
    this.#options = options;
  }

  get isBusy(): boolean {
    return this.#running.size > 0;
  }

  /** Resolves once the request is answered in full. Rejects only when it cannot be sent. */
  async answer(request: Request, origin: Origin<Caller>): Promise<void> {
    const { dispatches, observer, onLimited } = this.#options;
    const { id } = request;
    const end = observer?.begin(request);
    const running = this.#admit(id, origin);
    if (running instanceof RpcError) {
      if (running.code === RpcCode.Limited) onLimited?.(origin.caller);
      const response = refusalOf(id, running);
      end?.({ response, cancelled: false, revision: undefined });
      await origin.replyTo.send(response);
      return;
    }

    const { revision, cancellation } = running;
    this.#running.set(id, running);
    try {
      const dispatch = isModern(revision) ? dispatches.modern : dispatches.legacy;
      const response = await dispatch(request, running);
      const asking = running.endAsking();
      if (asking !== undefined) await asking;
      end?.({ response, cancelled: cancellation.aborted, revision });
      // A cancelled request is owed no answer.
      if (!cancellation.aborted) await origin.replyTo.send(response);
    } finally {
      this.#running.delete(id);
      running.leave();
      if (!this.isBusy) this.#idle?.resolve();
    }
  }

  /** The caller takes one back. False if it does not run here. */
  cancel(id: RequestId): boolean {
    const running = this.#running.get(id);
    running?.abort(new Error('Cancelled by the caller'));
    return running !== undefined;
  }

  /** Aborts what was asked for by those who may no longer ask. */
  sendAway(): void {
    for (const running of this.#running.values()) {
      if (running.mayNotAsk) running.abort(new Error('The caller may no longer ask'));
    }
  }

  /** Takes no more of them. Resolves when the last one that runs has been answered. */
  async drain(): Promise<void> {
    this.#ending.abort(new Error('The server is stopping'));
    if (!this.isBusy) return;
    this.#idle ??= Promise.withResolvers();
    await this.#idle.promise;
  }

  /** Aborts what runs: nobody is there for the answers. */
  close(reason: string): void {
    const gone = new Error(reason);
    this.#ending.abort(gone);
    for (const running of this.#running.values()) running.abort(gone);
  }

  /** Lets one in, with the place that it holds among all of the caller's, or says what is wrong with it. */
  #admit(id: RequestId, origin: Origin<Caller>): RunningRequest<Caller> | RpcError {
    const objection = this.#objectTo(id);
    if (objection !== undefined) return objection;
    const { party, caller } = origin;
    if (party instanceof RpcError) return party;
    const { takePlace, observer } = this.#options;
    const place = takePlace?.(caller);
    if (takePlace !== undefined && place === undefined) {
      observer?.refuse('calls_of_one');
      const text = 'As many requests of yours as may are running already, over all connections';
      return new RpcError(RpcCode.Limited, text, { retryAfterMs: RETRY_AFTER_MS });
    }
    return new RunningRequest({ id, origin, party, place, ending: this.#ending });
  }

  #objectTo(id: RequestId): RpcError | undefined {
    const { inFlightMax, observer } = this.#options;
    if (this.#ending.aborted) {
      return new RpcError(RpcCode.Unavailable, 'The server is stopping', {
        retryAfterMs: RETRY_AFTER_MS,
      });
    }
    if (this.#running.has(id)) {
      return new RpcError(RpcCode.InvalidRequest, 'A request with this id is still running');
    }
    if (this.#running.size >= inFlightMax) {
      observer?.refuse('calls_in_flight');
      const text = `${inFlightMax} requests are running on this connection already`;
      return new RpcError(RpcCode.Limited, text, { retryAfterMs: RETRY_AFTER_MS });
    }
    return undefined;
  }
}
