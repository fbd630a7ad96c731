import type { Asks } from './asks.ts';
import { RpcCode, RpcError } from './errors.ts';
import { type Message, type Request, type RequestId, type Response, refusalOf } from './frame.ts';
import type { JsonOverrun } from './json-bounds.ts';
import type { Call, Dispatches, Party } from './methods.ts';
import { isModern, type Revision } from './revisions.ts';

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

/** Where a request came from, and where what belongs to it goes. */
export interface Origin<Caller> {
  /** Who asks. Of two requests on one channel, each may have shown something else. */
  readonly caller: Caller;
  /** Aborted when what the caller showed no longer holds, where it is not the end of the channel. */
  readonly ended?: AbortSignal;
  /** The other end; or what is wrong with this request at this moment, if anything. */
  readonly party: Party | RpcError;
  readonly asks: Asks;
  /** Resolves when the other side can be sent more. What it is no longer there for is dropped. */
  readonly send: (message: Message) => Promise<void>;
  /** Lets go of the connection, where that can be. */
  readonly release?: () => Promise<void>;
}

interface Admitted {
  readonly party: Party;
  readonly place: Disposable | undefined;
}

interface Running {
  readonly controller: AbortController;
  readonly ended: AbortSignal | undefined;
  /** The answer is there: nothing is said or asked for it after that. */
  isAnswered: boolean;
  /** What the other end was asked for it. Few requests ask. */
  asking: Asking | undefined;
}

interface Asking {
  /** Aborted when the answer is there. */
  readonly over: AbortController;
  /** What is not answered yet. */
  readonly open: Set<Promise<unknown>>;
}

const RETRY_AFTER_MS = 1_000;

/** The requests that run on one channel: a socket, or a session. Their ids are theirs alone while they run. */
export class Requests<Caller> {
  readonly #options: RequestsOptions<Caller>;
  readonly #running = new Map<RequestId, Running>();
  readonly #idle = Promise.withResolvers<void>();
  readonly #ending = new AbortController();

  constructor(options: RequestsOptions<Caller>) {
    this.#options = options;
  }

  get isBusy(): boolean {
    return this.#running.size > 0;
  }

  /** Resolves once the request is answered in full. Rejects only when `send` does. */
  async answer(request: Request, origin: Origin<Caller>): Promise<void> {
    const { dispatches, observer, onLimited } = this.#options;
    const { id } = request;
    const { send, caller } = origin;
    const end = observer?.begin(request);
    const admitted = this.#admit(id, origin);
    if (admitted instanceof RpcError) {
      if (admitted.code === RpcCode.Limited) onLimited?.(caller);
      const response = refusalOf(id, admitted);
      end?.({ response, cancelled: false, revision: undefined });
      await send(response);
      return;
    }

    const { party, place } = admitted;
    const { revision } = party;
    const running: Running = {
      controller: new AbortController(),
      ended: origin.ended,
      isAnswered: false,
      asking: undefined,
    };
    const { signal } = running.controller;
    this.#running.set(id, running);
    try {
      const dispatch = isModern(revision) ? dispatches.modern : dispatches.legacy;
      const call = { ...party, ...this.#callOf(id, origin, running) };
      const response = await dispatch(request, call);
      running.isAnswered = true;
      if (running.asking !== undefined) {
        running.asking.over.abort(new Error('The request is answered'));
        // The other end hears that a question was given up before it hears the answer.
        await Promise.allSettled(running.asking.open);
      }
      end?.({ response, cancelled: signal.aborted, revision });
      // A cancelled request is owed no answer.
      if (!signal.aborted) await send(response);
    } finally {
      this.#running.delete(id);
      place?.[Symbol.dispose]();
      if (this.#ending.signal.aborted && !this.isBusy) this.#idle.resolve();
    }
  }

  /** The caller takes one back. False if it does not run here. */
  cancel(id: RequestId): boolean {
    const running = this.#running.get(id);
    running?.controller.abort(new Error('Cancelled by the caller'));
    return running !== undefined;
  }

  /** Aborts what was asked for by those who may no longer ask. */
  sendAway(): void {
    for (const { controller, ended } of this.#running.values()) {
      if (ended?.aborted === true) controller.abort(new Error('The caller may no longer ask'));
    }
  }

  /** Takes no more of them. Resolves when the last one that runs has been answered. */
  async drain(): Promise<void> {
    this.#ending.abort();
    if (this.isBusy) await this.#idle.promise;
  }

  /** Aborts what runs: nobody is there for the answers. */
  close(reason: string): void {
    this.#ending.abort();
    for (const { controller } of this.#running.values()) controller.abort(new Error(reason));
  }

  /** What a method may do while its request runs. Nothing follows the answer, whatever a method that was given up still does. */
  #callOf(
    requestId: RequestId,
    { caller, asks, send, release }: Origin<Caller>,
    running: Running,
  ): Omit<Call<Caller>, keyof Party> {
    const { signal } = running.controller;
    const isOver = (): boolean => signal.aborted || running.isAnswered;
    return {
      caller,
      requestId,
      signal,
      ending: this.#ending.signal,
      notify: async (method, params) => {
        if (!isOver()) await send({ jsonrpc: '2.0', method, params });
      },
      askParty: async (method, params, until) => {
        if (running.isAnswered) throw new Error('The request is answered');
        running.asking ??= { over: new AbortController(), open: new Set() };
        const { over, open } = running.asking;
        const either = AbortSignal.any([signal, over.signal, until]);
        const asking = asks.ask({ method, params }, send, either);
        open.add(asking);
        try {
          return await asking;
        } finally {
          open.delete(asking);
        }
      },
      release: async () => {
        if (!isOver()) await release?.();
      },
    };
  }

  /** Lets one in, with the place that it holds among all of the caller's, or says what is wrong with it. */
  #admit(id: RequestId, { party, caller }: Origin<Caller>): Admitted | RpcError {
    const objection = this.#objectTo(id);
    if (objection !== undefined) return objection;
    if (party instanceof RpcError) return party;
    const { takePlace, observer } = this.#options;
    const place = takePlace?.(caller);
    if (takePlace !== undefined && place === undefined) {
      observer?.refuse('calls_of_one');
      const text = 'As many requests of yours as may are running already, over all connections';
      return new RpcError(RpcCode.Limited, text, { retryAfterMs: RETRY_AFTER_MS });
    }
    return { party, place };
  }

  #objectTo(id: RequestId): RpcError | undefined {
    const { inFlightMax, observer } = this.#options;
    if (this.#ending.signal.aborted) {
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
