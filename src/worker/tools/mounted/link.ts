import { Failure } from '../../../shared/errors.ts';
import type { MirroredArgument } from '../../domain/mirrored-argument.ts';
import { type Implementation, MetaKey } from '../../protocol/era.ts';
import { RpcCode, RpcError } from '../../protocol/errors.ts';
import { isRecord, type Message, type Params } from '../../protocol/frame.ts';
import {
  findLegacy,
  isModern,
  MODERN_REVISIONS,
  negotiate,
  type Revision,
} from '../../protocol/revisions.ts';
import { Dialogue, type DialogueOptions } from './dialogue.ts';
import {
  awayFailure,
  HttpRefusal,
  type Loss,
  type Receiver,
  type SendOptions,
  SessionGone,
  type Wire,
} from './wire.ts';

export interface LinkOptions extends Omit<DialogueOptions, 'deliver'> {
  readonly openWire: (receiver: Receiver) => Promise<Wire>;
  /** Who we are. */
  readonly self: Implementation;
}

/** What a call of theirs is made with. */
export interface LinkCallOptions {
  readonly signal: AbortSignal;
  readonly mirrored: readonly MirroredArgument[];
  readonly onProgress: (params: Params) => void;
}

/** Tools that are looked at of one server. */
export const LISTED_MAX = 1_000;
const PAGES_MAX = 50;
const RENEW_MS = 10_000;
const RETRY_AFTER_MS = 1_000;
/** A server without a handshake may say so in any of these. */
const NO_HANDSHAKE: ReadonlySet<number> = new Set([400, 404, 405]);
const HANDSHAKE: ReadonlySet<string> = new Set([
  'initialize',
  'notifications/initialized',
  'server/discover',
]);
const [MODERN] = MODERN_REVISIONS;

/** What a server answers that does not know the protocol. The text is for operators. */
export class Incompatible extends Error {
  override readonly name = 'Incompatible';
}

/** A way that was lost while hands were shaken. */
export class LinkLost extends Error {
  override readonly name = 'LinkLost';
  readonly loss: Loss;

  constructor(loss: Loss, options: ErrorOptions) {
    super('The server is gone', options);
    this.loss = loss;
  }
}

/** A server that answers: the protocol of either era, over whatever wire. */
export class Link implements AsyncDisposable {
  readonly #options: LinkOptions;
  readonly #dialogue: Dialogue;
  readonly #wire: Wire;
  readonly #gone = new AbortController();
  #revision: Revision | undefined;
  /** How many there were that came to something. */
  #handshakes = 0;
  #renewing: Promise<void> | undefined;
  #isListening = false;

  private constructor(options: LinkOptions, dialogue: Dialogue, wire: Wire) {
    this.#options = options;
    this.#dialogue = dialogue;
    this.#wire = wire;
    void wire.lost.then(() => {
      this.#gone.abort(awayFailure(options.name, RETRY_AFTER_MS));
    });
  }

  /** Opens the way and shakes hands. Rejects with whatever is in the way of that, and leaves nothing behind. */
  static async open(options: LinkOptions, signal: AbortSignal): Promise<Link> {
    const opening = Promise.withResolvers<Link>();
    const dialogue = new Dialogue({
      ...options,
      deliver: async (message, given) => (await opening.promise).#deliver(message, given),
    });
    const link = new Link(options, dialogue, await options.openWire(dialogue));
    opening.resolve(link);
    try {
      await link.#shakeHands(signal);
      return link;
    } catch (error) {
      const isLost = link.#gone.signal.aborted;
      await link[Symbol.asyncDispose]();
      throw isLost ? new LinkLost(await link.lost, { cause: error }) : error;
    }
  }

  /** Resolves when it leads nowhere any more, with why. */
  get lost(): Promise<Loss> {
    return this.#wire.lost;
  }

  /** When something was heard last, by `performance.now()`. */
  get heardAt(): number {
    return this.#dialogue.heardAt;
  }

  /** What `tools/list` shows, all pages of it, and no more than are looked at. */
  async list(signal: AbortSignal): Promise<readonly unknown[]> {
    this.#listen();
    const tools: unknown[] = [];
    let cursor: unknown;
    for (let page = 0; page < PAGES_MAX && tools.length <= LISTED_MAX; page += 1) {
      const result = await this.#list(cursor, signal);
      if (!Array.isArray(result.tools)) throw new Incompatible('it lists no tools');
      tools.push(...result.tools);
      cursor = result.nextCursor;
      if (typeof cursor !== 'string') break;
    }
    return tools;
  }

  /** Calls a tool by the name that it has there. Rejects with an `RpcError`, or a `Failure`. */
  async call(
    name: string,
    given: Params,
    { signal, mirrored, onProgress }: LinkCallOptions,
  ): Promise<object> {
    using following = this.#dialogue.follow(onProgress);
    const params = { name, arguments: given, _meta: { progressToken: following.token } };
    return await this.#ask('tools/call', params, { signal, mirrored });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#gone.abort(awayFailure(this.#options.name, RETRY_AFTER_MS));
    await this.#wire[Symbol.asyncDispose]();
  }

  async #list(cursor: unknown, signal: AbortSignal): Promise<Params> {
    try {
      const params = cursor === undefined ? {} : { cursor };
      return { ...(await this.#ask('tools/list', params, { signal })) };
    } catch (error) {
      // It has prompts, or resources, and no tools.
      if (error instanceof RpcError && error.code === RpcCode.MethodNotFound) return { tools: [] };
      throw error;
    }
  }

  #ask(method: string, params: Params, options: SendOptions): Promise<object> {
    const signal = AbortSignal.any([options.signal, this.#gone.signal]);
    const dressed = this.#isModern ? this.#inEnvelope(params) : params;
    return this.#dialogue.ask(method, dressed, { ...options, signal });
  }

  get #isModern(): boolean {
    return this.#revision !== undefined && isModern(this.#revision);
  }

  /** What each request says that has no handshake (2026-07-28, basic, `_meta`). */
  #inEnvelope(params: Params): Params {
    const { _meta: meta } = params;
    const envelope = {
      ...(isRecord(meta) ? meta : {}),
      [MetaKey.protocolVersion]: this.#revision,
      [MetaKey.clientInfo]: this.#options.self,
      [MetaKey.clientCapabilities]: {},
    };
    return { ...params, _meta: envelope };
  }

  /** A session that a server no longer knows is begun anew, once for all who wait for it (2025-11-25, basic/transports, session management). */
  async #deliver(message: Message, options: SendOptions): Promise<void> {
    // What one response says is all there is of it, so that closing it cancels it.
    const isCancel = 'method' in message && message.method === 'notifications/cancelled';
    if (isCancel && this.#isModern && this.#wire.cancelsByClosing) return;
    if (!isOfHandshake(message)) await this.#renewing;
    const handshakes = this.#handshakes;
    try {
      await this.#wire.send(message, options);
    } catch (error) {
      if (!(error instanceof SessionGone)) throw error;
      if (this.#handshakes === handshakes) {
        this.#renewing ??= this.#shakeHands(AbortSignal.timeout(RENEW_MS)).finally(() => {
          this.#renewing = undefined;
        });
      }
      await this.#renewing;
      await this.#sendAgain(message, options);
    }
  }

  /** A session that is gone as soon as it is begun is no use to anybody. */
  async #sendAgain(message: Message, options: SendOptions): Promise<void> {
    try {
      await this.#wire.send(message, options);
    } catch (error) {
      if (!(error instanceof SessionGone)) throw error;
      throw awayFailure(this.#options.name, RETRY_AFTER_MS, new HttpRefusal(404));
    }
  }

  async #shakeHands(signal: AbortSignal): Promise<void> {
    const params = {
      protocolVersion: negotiate(''),
      capabilities: {},
      clientInfo: this.#options.self,
    };
    this.#revision = undefined;
    try {
      const result: Params = { ...(await this.#ask('initialize', params, { signal })) };
      this.#revision = findLegacy(String(result.protocolVersion));
    } catch (error) {
      if (!mayHaveNoHandshake(error)) throw error;
    }
    if (this.#revision === undefined) {
      await this.#discover(signal);
      return;
    }
    this.#wire.settle(this.#revision);
    await this.#dialogue.say({ jsonrpc: '2.0', method: 'notifications/initialized', params: {} });
    this.#handshakes += 1;
  }

  /** Asks whether it is of the modern era (2026-07-28, server/discover). */
  async #discover(signal: AbortSignal): Promise<void> {
    if (MODERN === undefined) throw new Incompatible('it speaks no revision of ours');
    this.#revision = MODERN;
    this.#wire.settle(MODERN);
    const result: Params = { ...(await this.#ask('server/discover', {}, { signal })) };
    const { supportedVersions: versions } = result;
    if (!Array.isArray(versions) || !versions.includes(MODERN)) {
      throw new Incompatible('it speaks no revision of ours');
    }
    this.#handshakes += 1;
  }

  /** In the modern era, to be told of changes is a request that lasts (2026-07-28, patterns/subscriptions). */
  #listen(): void {
    if (!this.#isModern || this.#isListening) return;
    this.#isListening = true;
    const params = { notifications: { toolsListChanged: true } };
    const signal = this.#gone.signal;
    // A server may have nothing of the kind. What is listed is looked at now and then in any case, and with it whether this still runs.
    void this.#ask('subscriptions/listen', params, { signal })
      .catch((error: unknown) => {
        if (!isAnswerOrLoss(error)) throw error;
      })
      .finally(() => {
        this.#isListening = false;
      });
  }
}

function mayHaveNoHandshake(error: unknown): boolean {
  if (error instanceof RpcError) return true;
  if (!(error instanceof Failure) || !(error.cause instanceof HttpRefusal)) return false;
  return NO_HANDSHAKE.has(error.cause.status);
}

/** What a server may answer, or come to, at any time: a renewal of the session, which others wait for as well, included. */
function isAnswerOrLoss(error: unknown): boolean {
  const isLate = error instanceof DOMException && error.name === 'TimeoutError';
  return isLate || [Failure, RpcError, Incompatible].some((kind) => error instanceof kind);
}

/** What a renewal itself says does not wait for it. */
function isOfHandshake(message: Message): boolean {
  return 'method' in message && HANDSHAKE.has(message.method);
}
