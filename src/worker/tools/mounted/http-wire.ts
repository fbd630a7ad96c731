import { setTimeout as sleep } from 'node:timers/promises';

import { Failure } from '../../../shared/errors.ts';
import type { Message, RequestId } from '../../protocol/frame.ts';
import { isModern, type Revision } from '../../protocol/revisions.ts';
import { discard, isJson, isStream, readEvents, readMessage } from './http-body.ts';
import { headersOf } from './request-headers.ts';
import type { HttpServer } from './server.ts';
import {
  awayFailure,
  HttpRefusal,
  type Loss,
  type Receiver,
  type SendOptions,
  SessionGone,
  type Wire,
} from './wire.ts';

type Headers = Readonly<Record<string, string>>;

const SESSION_HEADER = 'mcp-session-id';
const SESSION_ID = /^[\x21-\x7e]{1,1024}$/;
/** A stream that ended early is taken up again after as long as its server says, within these. */
const RESUME_MS = { min: 50, usual: 1_000, max: 30_000 } as const;
/** How long the stream of what is said unasked is left alone after it ended. */
const LISTEN_AGAIN_MS = 5_000;
const RETRY_AFTER_MS = { usual: 1_000, max: 60_000 } as const;
const GOODBYE_MS = 2_000;

/** A server that is posted to, and answers in the response (2025-11-25 and 2026-07-28, basic/transports, Streamable HTTP). */
export class HttpWire implements Wire {
  readonly cancelsByClosing = true;
  readonly lost: Promise<Loss>;
  readonly #server: HttpServer;
  readonly #receiver: Receiver;
  readonly #over = new AbortController();
  readonly #lose: (loss: Loss) => void;
  #revision: Revision | undefined;
  #session: string | undefined;
  #listening: AbortController | undefined;

  constructor(server: HttpServer, receiver: Receiver) {
    this.#server = server;
    this.#receiver = receiver;
    const { promise, resolve } = Promise.withResolvers<Loss>();
    this.lost = promise;
    this.#lose = resolve;
  }

  async send(message: Message, { signal, mirrored }: SendOptions): Promise<void> {
    const until = AbortSignal.any([signal, this.#over.signal]);
    const isHandshake = 'method' in message && message.method === 'initialize';
    // A handshake begins anew, whatever was settled before.
    const session = isHandshake ? undefined : this.#session;
    const headers = headersOf(message, isHandshake ? undefined : this.#revision, mirrored);
    const sent = { ...headers, ...sessionHeader(session) };
    const response = await this.#fetch('POST', sent, until, message);
    if (isHandshake) this.#keepSession(response);
    const isGone = response.status === 404 && session !== undefined;
    if (isGone) await discard(response);
    if (isGone) throw new SessionGone('The server knows no such session');
    const asked = 'method' in message && 'id' in message ? message.id : undefined;
    await this.#unlessGone(until, () => this.#take(response, asked, until));
  }

  settle(revision: Revision): void {
    this.#revision = revision;
    this.#listening?.abort();
    if (isModern(revision)) return;
    this.#listening = new AbortController();
    void this.#listen(AbortSignal.any([this.#listening.signal, this.#over.signal]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort(this.#away(undefined));
    this.#lose({ reason: 'it was told to end' });
    if (this.#session === undefined) return;
    try {
      await discard(await this.#fetch('DELETE', this.#settled(), AbortSignal.timeout(GOODBYE_MS)));
    } catch {
      // It forgets us sooner or later.
    }
  }

  /** Reads what a message is answered with. */
  async #take(
    response: Response,
    asked: RequestId | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    if (asked === undefined) await discard(response);
    else if (isJson(response)) {
      await readMessage(response, this.#receiver, `"id":${JSON.stringify(asked)}`);
    } else if (isStream(response)) await this.#readToAnswer(response, asked, signal);
    else await discard(response);
    if (!response.ok) throw this.#refusal(response);
    if (asked !== undefined && this.#receiver.isAwaited(asked)) {
      throw this.#away(new Error('It did not answer'));
    }
  }

  #keepSession({ headers }: Response): void {
    const session = headers.get(SESSION_HEADER);
    this.#session = session !== null && SESSION_ID.test(session) ? session : undefined;
  }

  /** What is sent with what is no message. */
  #settled(): Headers {
    const version = this.#revision === undefined ? {} : { 'mcp-protocol-version': this.#revision };
    return { ...version, ...sessionHeader(this.#session) };
  }

  #fetch(
    method: string,
    headers: Headers,
    signal: AbortSignal,
    message?: Message,
  ): Promise<Response> {
    const body = message === undefined ? undefined : JSON.stringify(message);
    const takes = body === undefined ? '' : 'application/json, ';
    const all = new Headers(this.#server.headers);
    const ours = {
      accept: `${takes}text/event-stream`,
      'accept-encoding': 'identity',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    };
    for (const [name, value] of Object.entries(ours)) all.set(name, value);
    // Our credentials are for this server, and not for whomever it names.
    const init = { method, headers: all, signal, redirect: 'manual', body: body ?? null } as const;
    return this.#unlessGone(signal, () => fetch(this.#server.url, init));
  }

  /** Throws the signal's reason once it is aborted, and a `Failure` where the network is to blame: then it is a `TypeError` that `fetch` throws. */
  async #unlessGone<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw error instanceof TypeError ? this.#away(error) : error;
    }
  }

  #away(cause: unknown, retryAfterMs: number = RETRY_AFTER_MS.usual): Failure {
    return awayFailure(this.#server.name, retryAfterMs, cause);
  }

  #refusal({ status, headers }: Response): Failure {
    const saidMs = Number(headers.get('retry-after')) * 1_000;
    const retryAfterMs = saidMs > 0 ? Math.min(saidMs, RETRY_AFTER_MS.max) : undefined;
    return this.#away(new HttpRefusal(status), retryAfterMs);
  }

  /** A server may end a stream before it has answered, to be asked for the rest (2025-11-25, basic/transports, resumability). */
  async #readToAnswer(first: Response, asked: RequestId, signal: AbortSignal): Promise<void> {
    let response = first;
    for (;;) {
      const { lastId, retryMs = RESUME_MS.usual } = await readEvents(response, this.#receiver);
      if (lastId === undefined || !this.#receiver.isAwaited(asked)) return;
      const waitMs = Math.min(Math.max(retryMs, RESUME_MS.min), RESUME_MS.max);
      await sleep(waitMs, undefined, { signal, ref: false });
      const headers = { ...this.#settled(), 'last-event-id': lastId };
      response = await this.#fetch('GET', headers, signal);
      if (isStream(response)) continue;
      await discard(response);
      throw this.#refusal(response);
    }
  }

  /** What is said unasked has a stream of its own, where a server offers one. One that ends is opened again, for nothing depends on it. */
  async #listen(signal: AbortSignal): Promise<void> {
    let lastId: string | undefined;
    while (!signal.aborted) {
      const since: Headers = lastId === undefined ? {} : { 'last-event-id': lastId };
      try {
        const response = await this.#fetch('GET', { ...this.#settled(), ...since }, signal);
        if (!isStream(response)) {
          await discard(response);
          return;
        }
        ({ lastId = lastId } = await readEvents(response, this.#receiver));
      } catch (error) {
        const isForeseen = signal.aborted || error instanceof Failure || error instanceof TypeError;
        if (!isForeseen) throw error;
      }
      await sleep(LISTEN_AGAIN_MS, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }
}

function sessionHeader(session: string | undefined): Headers {
  return session === undefined ? {} : { [SESSION_HEADER]: session };
}
