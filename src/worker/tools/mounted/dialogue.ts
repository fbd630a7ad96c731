import { randomBytes } from 'node:crypto';

import { Failure } from '../../../shared/errors.ts';
import { Asks } from '../../protocol/asks.ts';
import { RpcCode, RpcError } from '../../protocol/errors.ts';
import {
  type Message,
  type Params,
  parseFrame,
  type Request,
  type RequestId,
  refusalOf,
  type Single,
} from '../../protocol/frame.ts';
import { ToolError } from '../tool-error.ts';
import type { Secrets } from './secrets.ts';
import { JSON_BOUNDS, MESSAGE_BYTES_MAX, type Receiver, type SendOptions } from './wire.ts';

/** Sends a message. Rejects with a `Failure` if that cannot be. */
type Deliver = (message: Message, options: SendOptions) => Promise<void>;

export interface DialogueOptions {
  /** Who it is held with, as callers are told. */
  readonly name: string;
  readonly secrets: Secrets;
  readonly deliver: Deliver;
  /** Told that the tools are others now. */
  readonly onChanged: () => void;
  /** Told once, of a server that says what is no message. */
  readonly onGarbage: () => void;
  readonly inFlightMax?: number;
}

/** Requests that wait for an answer of one server. */
const IN_FLIGHT_MAX = 1_024;
const NOTIFY_MS = 5_000;
/** What is looked at of a message that is not read. */
const EDGE_LENGTH = 1_024;
/** What is not told of by cancelling it: there is nobody to cancel it for. */
const HANDSHAKE = 'initialize';

/** What both sides say to each other: our requests and their answers, and what they say and ask besides. */
export class Dialogue implements Receiver {
  readonly #options: DialogueOptions;
  /** What our ids begin with, and nobody else's. */
  readonly #prefix = `${randomBytes(6).toString('hex')}-`;
  readonly #asks = new Asks(this.#prefix);
  /** Requests that are not answered yet, and what gives each up. */
  readonly #awaited = new Map<RequestId, AbortController>();
  readonly #progress = new Map<unknown, (params: Params) => void>();
  #tokens = 0;
  #saidGarbage = false;
  #heardAt = 0;

  constructor(options: DialogueOptions) {
    this.#options = options;
  }

  /** When something came last, by `performance.now()`. */
  get heardAt(): number {
    return this.#heardAt;
  }

  readonly isAwaited = (id: RequestId): boolean => this.#awaited.has(id);

  /** Asks, and resolves with the result. Rejects with an `RpcError` if the answer is an error, with a `Failure` if there is none, and with the signal's reason. */
  async ask(method: string, params: Params, options: SendOptions): Promise<object> {
    const { name, inFlightMax = IN_FLIGHT_MAX } = this.#options;
    if (this.#awaited.size >= inFlightMax) {
      throw new Failure(
        'limited',
        `The server "${name}" has ${inFlightMax} calls to answer already`,
      );
    }
    const givingUp = new AbortController();
    const signal = AbortSignal.any([options.signal, givingUp.signal]);
    let asked: RequestId | undefined;
    const send = async (message: Message): Promise<void> => {
      if ('id' in message && 'method' in message) {
        asked = message.id;
        this.#awaited.set(asked, givingUp);
        // Over HTTP it takes until the answer is there, which is heard of before.
        this.#options.deliver(message, { ...options, signal }).catch((error: unknown) => {
          givingUp.abort(error);
        });
      } else if (method !== HANDSHAKE) await this.say(message);
    };
    try {
      return await this.#asks.ask({ method, params }, send, signal);
    } finally {
      if (asked !== undefined) this.#awaited.delete(asked);
      // What is still read of a stream is for nobody.
      givingUp.abort(new Error('It is over'));
    }
  }

  /** Says something that is not answered. What nobody hears is dropped. */
  async say(message: Message): Promise<void> {
    const signal = AbortSignal.timeout(NOTIFY_MS);
    await this.#options.deliver(message, { signal }).catch(() => undefined);
  }

  /** Makes a token for the progress of one request, told to `heed` until it is disposed of. */
  follow(heed: (params: Params) => void): Disposable & { readonly token: string } {
    this.#tokens += 1;
    const token = `${this.#prefix}${this.#tokens}`;
    this.#progress.set(token, heed);
    return { token, [Symbol.dispose]: () => this.#progress.delete(token) };
  }

  readonly message = (raw: string): void => {
    this.#heardAt = performance.now();
    const text = this.#options.secrets.strikeJson(raw);
    const frame = parseFrame(text, JSON_BOUNDS);
    const messages = frame.kind === 'batch' ? frame.messages : [frame];
    for (const message of messages) this.#take(message, text);
  };

  readonly overlong = (edges: string): void => {
    const name = JSON.stringify(this.#options.name);
    const pattern = new RegExp(`"id"\\s*:\\s*"(${this.#prefix}\\d+)"`);
    const [, id = ''] = pattern.exec(edges) ?? [];
    const text = `What the server ${name} answers is larger than ${MESSAGE_BYTES_MAX} bytes, or of more than ${JSON_BOUNDS.elementsMax} values`;
    this.#awaited.get(id)?.abort(new ToolError(text));
  };

  #take(message: Single, text: string): void {
    switch (message.kind) {
      case 'response':
        if (message.response.id !== undefined) this.#awaited.delete(message.response.id);
        this.#asks.settle(message.response);
        return;
      case 'request':
        void this.#answer(message.request);
        return;
      case 'notification':
        this.#heed(message.notification);
        return;
      case 'malformed':
        if (message.overrun !== undefined) {
          this.overlong(`${text.slice(0, EDGE_LENGTH)}\n${text.slice(-EDGE_LENGTH)}`);
          return;
        }
        if (!this.#saidGarbage) this.#options.onGarbage();
        this.#saidGarbage = true;
    }
  }

  /** We offer nothing, so that there is nothing to ask us for: our agents' users and models are not theirs. */
  async #answer({ id, method }: Request): Promise<void> {
    const refusal = new RpcError(RpcCode.MethodNotFound, 'This is not offered');
    await this.say(method === 'ping' ? { jsonrpc: '2.0', id, result: {} } : refusalOf(id, refusal));
  }

  #heed({ method, params }: { readonly method: string; readonly params: Params }): void {
    if (method === 'notifications/tools/list_changed') this.#options.onChanged();
    if (method === 'notifications/progress') this.#progress.get(params.progressToken)?.(params);
  }
}
