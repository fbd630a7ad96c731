import type { Changes } from '../domain/change.ts';
import type { LogLevel } from '../domain/log-level.ts';
import { SUBSCRIPTIONS_MAX } from '../domain/session.ts';
import { Asks } from './asks.ts';
import { claimOf, isModernRequest, MetaKey, parseEnvelope } from './era.ts';
import { RpcCode, RpcError } from './errors.ts';
import {
  isRequestId,
  type Message,
  type Outgoing,
  parseFrame,
  type Request,
  type Response,
  refusalOf,
  type Single,
} from './frame.ts';
import type { JsonBounds } from './json-bounds.ts';
import type { Conversation, Handshake, Party } from './methods.ts';
import { type Origin, type RequestObserver, Requests, type RequestsOptions } from './requests.ts';
import { negotiate, type Revision, TRAITS } from './revisions.ts';
import { ALL_LISTS, notificationOf } from './subscriptions.ts';

/** Where a peer's messages go: the whole of what the protocol knows of a transport. */
export interface Outlet {
  /** Resolves when the other side can be sent more. What it is no longer there for is dropped. */
  send(message: Outgoing): Promise<void>;
}

export interface PeerOptions<Caller> extends RequestsOptions<Caller> {
  readonly caller: Caller;
  readonly outlet: Outlet;
  readonly changes: Changes;
  readonly jsonBounds: JsonBounds;
  /** Told once what both sides agreed on, if the other end is of the legacy era. */
  readonly onHandshake?: (handshake: Handshake) => void;
}

/** Methods that need no handshake. */
const BEFORE_HANDSHAKE: ReadonlySet<string> = new Set(['initialize', 'ping']);

/**
 * Our end of a conversation over a channel that both sides write to. It knows the protocol and nothing
 * of sockets: frames come in through `receive`, messages go out through the outlet, and `close` lets go
 * of whatever is still running.
 *
 * Both eras may be spoken over it at the same time: each request says which it is of. What a handshake
 * settled holds for legacy requests alone, and as long as the channel does.
 */
export class Peer<Caller> implements Conversation {
  readonly #requests: Requests<Caller>;
  readonly #caller: Caller;
  readonly #outlet: Outlet;
  readonly #changes: Changes;
  readonly #jsonBounds: JsonBounds;
  readonly #observer: RequestObserver | undefined;
  readonly #onHandshake: ((handshake: Handshake) => void) | undefined;
  readonly #asks = new Asks('');
  readonly #subscriptions = new Set<string>();
  /** What is the same for all requests of the legacy era, until something else is agreed on. */
  #party: Party;
  #handshake: Handshake | undefined;
  #listening: Disposable | undefined;

  constructor(options: PeerOptions<Caller>) {
    const { caller, outlet, changes, jsonBounds, onHandshake } = options;
    this.#caller = caller;
    this.#requests = new Requests(options);
    this.#outlet = outlet;
    this.#changes = changes;
    this.#jsonBounds = jsonBounds;
    this.#onHandshake = onHandshake;
    this.#observer = options.observer;
    this.#party = {
      revision: negotiate(''),
      capabilities: {},
      logLevel: undefined,
      conversation: this,
    };
  }

  /** What a handshake settled on. */
  get revision(): Revision | undefined {
    return this.#handshake?.revision;
  }

  /** Whether requests are running. */
  get isBusy(): boolean {
    return this.#requests.isBusy;
  }

  /**
   * Resolves once the frame has been answered in full, with whether it was well-formed.
   * Rejects only when the outlet does.
   */
  receive(text: string): Promise<boolean> {
    const frame = parseFrame(text, this.#jsonBounds);
    if (frame.kind === 'batch') return this.#takeBatch(frame.messages);
    return this.#take(frame, this.#outlet);
  }

  /** Takes no more requests. Resolves when the last one that runs has been answered. */
  async drain(): Promise<void> {
    await this.#requests.drain();
  }

  /** Aborts what runs: nobody is there for the answers. */
  close(reason: string): void {
    this.#listening?.[Symbol.dispose]();
    this.#requests.close(reason);
  }

  async begin(handshake: Handshake): Promise<void> {
    // Two that came at once: the second is too late.
    if (this.#handshake !== undefined) throw initializedAlready();
    this.#handshake = handshake;
    const { revision, capabilities } = handshake;
    this.#party = { ...this.#party, revision, capabilities };
    this.#onHandshake?.(handshake);
    this.#listening = this.#changes.listen((change) => {
      const interest = { lists: ALL_LISTS, resources: this.#subscriptions };
      const notification = notificationOf(change, interest);
      if (notification === undefined) return;
      // The outlet's own trouble is told to whoever hands us frames.
      Promise.try(() => this.#outlet.send(notification)).catch(() => undefined);
    });
  }

  async setLogLevel(level: LogLevel): Promise<void> {
    this.#party = { ...this.#party, logLevel: level };
  }

  async subscribe(uri: string): Promise<void> {
    if (this.#subscriptions.size >= SUBSCRIPTIONS_MAX && !this.#subscriptions.has(uri)) {
      const text = `${SUBSCRIPTIONS_MAX} resources are subscribed to already`;
      throw new RpcError(RpcCode.Limited, text);
    }
    this.#subscriptions.add(uri);
  }

  async unsubscribe(uri: string): Promise<void> {
    this.#subscriptions.delete(uri);
  }

  async #take(message: Single, replyTo: Origin<Caller>['replyTo']): Promise<boolean> {
    switch (message.kind) {
      case 'request': {
        const { request } = message;
        await this.#requests.answer(request, this.#originOf(request, replyTo));
        return true;
      }
      case 'notification': {
        const { method, params } = message.notification;
        if (method === 'notifications/cancelled' && isRequestId(params.requestId)) {
          this.#requests.cancel(params.requestId);
        }
        return true;
      }
      case 'response':
        this.#asks.settle(message.response);
        return true;
      case 'malformed':
        if (message.overrun !== undefined) this.#observer?.refuse(message.overrun);
        if (message.refusal !== undefined) await replyTo.send(message.refusal);
        return false;
    }
  }

  /** Answers come together, when the last is there (2025-03-26, basic). */
  async #takeBatch(messages: readonly Single[]): Promise<boolean> {
    if (this.#handshake === undefined || !TRAITS[this.#handshake.revision].batches) {
      const refusal = new RpcError(RpcCode.InvalidRequest, 'Expected one JSON-RPC 2.0 message');
      await this.#outlet.send(refusalOf(undefined, refusal));
      return false;
    }
    const answers: Response[] = [];
    const replyTo = {
      send: async (message: Message): Promise<void> => {
        if ('method' in message) await this.#outlet.send(message);
        else answers.push(message);
      },
    };
    const taken = await Promise.all(
      messages.map((message) => this.#take(refuseModern(message), replyTo)),
    );
    if (answers.length > 0) await this.#outlet.send(answers);
    return taken.every(Boolean);
  }

  #originOf(request: Request, replyTo: Origin<Caller>['replyTo']): Origin<Caller> {
    return { caller: this.#caller, party: this.#partyOf(request), asks: this.#asks, replyTo };
  }

  #partyOf({ method, params }: Request): Party | RpcError {
    if (claimOf(params) !== undefined) {
      try {
        return { ...parseEnvelope(params), conversation: undefined };
      } catch (error) {
        if (error instanceof RpcError) return error;
        throw error;
      }
    }
    const handshake = this.#handshake;
    if (handshake === undefined && !BEFORE_HANDSHAKE.has(method)) {
      // Of the legacy era it comes too early, and of the modern one its envelope is not whole: this code is right for both.
      const text = `Expected initialize before, or _meta with ${MetaKey.protocolVersion}`;
      return new RpcError(RpcCode.InvalidParams, text);
    }
    if (handshake !== undefined && method === 'initialize') {
      return initializedAlready();
    }
    return this.#party;
  }
}

function initializedAlready(): RpcError {
  return new RpcError(RpcCode.InvalidRequest, 'This connection is initialized already');
}

/** Requests of the modern era come alone, whatever the handshake of others settled. */
function refuseModern(message: Single): Single {
  if (message.kind !== 'request' || !isModernRequest(message)) return message;
  const refusal = new RpcError(RpcCode.InvalidRequest, 'This revision has no batches');
  return { kind: 'malformed', refusal: refusalOf(message.request.id, refusal) };
}
