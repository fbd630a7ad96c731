import type { IncomingMessage, ServerResponse } from 'node:http';

import { unlessAborted } from '../../shared/abort.ts';
import { Failure } from '../../shared/errors.ts';
import { LinkedList } from '../../shared/linked-list.ts';
import { sendProblem } from '../../shared/problem.ts';
import { NEVER } from '../domain/admission.ts';
import type { Leases } from '../domain/bus.ts';
import type { MirroredArgument } from '../domain/mirrored-argument.ts';
import { RpcCode, RpcError } from '../protocol/errors.ts';
import { parseFrame, refusalOf } from '../protocol/frame.ts';
import type { JsonBounds } from '../protocol/json-bounds.ts';
import type { RequestsOptions } from '../protocol/requests.ts';
import { findModern } from '../protocol/revisions.ts';
import { allowPage } from './cors.ts';
import type { Entrance } from './entrance.ts';
import type { Exchange } from './exchange.ts';
import type { Farewell } from './farewell.ts';
import { refusedHeadOf, STREAM_AFTER_MS, sendJson } from './http-reply.ts';
import { HttpSessions, type HttpSessionsOptions } from './http-sessions.ts';
import { KeptStreams, type KeptStreamsOptions } from './kept-streams.ts';
import { LegacyHttp } from './legacy-http.ts';
import { ModernHttp } from './modern-http.ts';
import { Overdue } from './overdue.ts';
import { readBody } from './request-body.ts';
import { SessionStreams } from './session-streams.ts';

export interface StreamableHttpOptions<Caller>
  extends HttpSessionsOptions<Caller>,
    KeptStreamsOptions {
  readonly entrance: Entrance<Caller>;
  readonly requests: RequestsOptions<Caller>;
  readonly bodyBytesMax: number;
  readonly jsonBounds: JsonBounds;
  /** Requests and streams that may be open at once. */
  readonly openMax: number;
  /** The arguments of a tool that are said in headers too. */
  readonly mirroredOf: (tool: string, caller: Caller) => readonly MirroredArgument[];
  readonly leases: Leases;
  /** What to say to a caller who would have to come back with more scopes (`WWW-Authenticate`). */
  readonly challenge: (scopes: readonly string[]) => string;
}

/** A request whose response is not over. */
interface Visit {
  readonly response: ServerResponse;
  /** Aborted when what the caller showed no longer holds. */
  ended: AbortSignal;
  /** What the caller holds of us. */
  place: Disposable | undefined;
}

const METHODS = 'GET, POST, DELETE, OPTIONS';
/**
 * A connection of somebody who was let in, on which nothing moves, is kept for so long, between requests too: longer than most of what
 * stands before us keeps its own (a minute is usual, Caddy has two), so that nothing is asked just when we close. Streams say something now and then.
 */
const SILENCE_MS = 150_000;
/** How soon a stream is broken off whose caller may no longer ask. */
const SWEEP_MS = 1_000;
const STOPPING = 'The server is stopping';

/** MCP over Streamable HTTP, in both eras: connections and bodies here, what each era makes of them beside. */
export class StreamableHttp<Caller> {
  readonly #options: StreamableHttpOptions<Caller>;
  readonly #sessions: HttpSessions<Caller>;
  readonly #legacy: LegacyHttp<Caller>;
  readonly #streams: SessionStreams<Caller>;
  readonly #modern: ModernHttp<Caller>;
  readonly #idle = Promise.withResolvers<void>();
  readonly #overdue = new Overdue(STREAM_AFTER_MS);
  readonly #open = new LinkedList<Visit>();
  readonly #sweeping: NodeJS.Timeout;
  #isDraining = false;
  /** Whether nobody will serve here in our place. */
  #isStopping = false;

  constructor(options: StreamableHttpOptions<Caller>) {
    this.#options = options;
    this.#sessions = new HttpSessions(options);
    const refusedHead = refusedHeadOf(options.challenge);
    const shared = {
      ...options,
      refusedHead,
      overdue: this.#overdue,
      sessions: this.#sessions,
      streams: new KeptStreams(options),
    };
    this.#legacy = new LegacyHttp(shared);
    this.#streams = new SessionStreams(shared);
    this.#modern = new ModernHttp(shared);
    this.#sweeping = setInterval(() => {
      this.#sendAway();
    }, SWEEP_MS).unref();
  }

  /** Begins to hear of what other workers were asked. */
  async open(): Promise<void> {
    await this.#sessions.open();
  }

  /** Answers a request to the MCP endpoint. What it throws is answered by whoever called. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (allowPage(request, response, METHODS)) return;
    // What is posted may be an answer that something which runs here waits for.
    if (this.#isStopping && request.method !== 'POST') {
      sendProblem(response, 503, STOPPING);
      return;
    }
    if (this.#open.size >= this.#options.openMax) {
      this.#options.requests.observer?.refuse('http_requests');
      sendProblem(response, 503, 'Too many requests');
      return;
    }
    const visit: Visit = { response, ended: NEVER, place: undefined };
    const open = this.#open.add(visit);
    response.on('close', () => {
      open.remove();
      visit.place?.[Symbol.dispose]();
      if (this.#isDraining && this.#open.size === 0) this.#idle.resolve();
    });
    const { entrance } = this.#options;
    const { caller, ended } = await entrance.admit(request);
    if (response.destroyed) return;
    visit.place = entrance.takePlace(caller);
    visit.ended = ended;
    const { socket } = request;
    if (socket.timeout !== SILENCE_MS) socket.setTimeout(SILENCE_MS);
    const exchange = { request, response, caller, ended };
    if (request.method !== 'POST' && isOfModernEra(request)) {
      sendProblem(response, 405, 'Since 2026-07-28 all is said with POST', { allow: 'POST' });
      return;
    }
    switch (request.method) {
      case 'POST':
        await this.#post(exchange);
        return;
      case 'GET':
        await this.#streams.open(exchange);
        return;
      case 'DELETE':
        await this.#end(exchange);
        return;
      default:
        sendProblem(response, 405, 'MCP is spoken with POST here', { allow: METHODS });
    }
  }

  /** Requests and streams that are open. */
  get size(): number {
    return this.#open.size;
  }

  /**
   * Lets go of all streams. Resolves when what runs is answered, or at the deadline, with how many were cut off. Where we
   * restart, what still comes over connections that are open already is answered, and with it they are closed.
   */
  async drain({ restarts, deadline }: Farewell): Promise<number> {
    this.#isStopping = !restarts;
    this.#streams.drain();
    this.#modern.drain();
    this.#isDraining = true;
    if (this.#open.size === 0) this.#idle.resolve();
    const idle = Promise.all([this.#idle.promise, this.#sessions.untilIdle()]);
    await unlessAborted(idle, deadline).catch(() => undefined);
    const reason = 'The server stops';
    const cut = this.#modern.close(reason) + this.#sessions.close(reason);
    this.#sessions[Symbol.dispose]();
    this.#overdue[Symbol.dispose]();
    clearInterval(this.#sweeping);
    return cut;
  }

  /** Breaks off what is said to those who may no longer ask. */
  #sendAway(): void {
    for (const { response, ended } of this.#open.items) if (ended.aborted) response.destroy();
    this.#sessions.sendAway();
  }

  async #end(exchange: Exchange<Caller>): Promise<void> {
    const session = await this.#sessions.sessionOf(exchange);
    if (session === undefined) return;
    await this.#sessions.end(session.id);
    exchange.response.writeHead(204).end();
  }

  async #post(exchange: Exchange<Caller>): Promise<void> {
    const { request, response } = exchange;
    const { jsonBounds, requests } = this.#options;
    if (!isJson(request.headers['content-type'])) {
      sendProblem(response, 415, 'Content-Type must be application/json');
      return;
    }
    // What it would be as large as is known only once it is unpacked.
    if ((request.headers['content-encoding'] ?? 'identity') !== 'identity') {
      sendProblem(response, 415, 'A body comes as it is', { 'accept-encoding': 'identity' });
      return;
    }
    const text = await this.#read(request, response);
    if (text === undefined) return;
    const frame = parseFrame(text, jsonBounds);
    if (frame.kind === 'malformed') {
      if (frame.overrun !== undefined) requests.observer?.refuse(frame.overrun);
      if (frame.refusal === undefined) sendProblem(response, 400, 'This is no message of JSON-RPC');
      else sendJson(response, 400, frame.refusal);
      return;
    }
    if (this.#isStopping && (frame.kind === 'request' || frame.kind === 'batch')) {
      sendProblem(response, 503, STOPPING);
      return;
    }
    const isModern = isOfModernEra(request);
    if (frame.kind === 'batch') {
      if (!isModern) {
        await this.#legacy.postBatch(frame.messages, exchange);
        return;
      }
      const refusal = new RpcError(RpcCode.InvalidRequest, 'Expected one JSON-RPC 2.0 message');
      sendJson(response, 400, refusalOf(undefined, refusal));
      return;
    }
    const era = this.#modern.claims(frame, isModern) ? this.#modern : this.#legacy;
    await era.post(frame, exchange);
  }

  /** The body; or nothing, and the request is answered. */
  async #read(request: IncomingMessage, response: ServerResponse): Promise<string | undefined> {
    try {
      return await readBody(request, this.#options.bodyBytesMax);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      switch (error.code) {
        case 'limited':
          this.#options.requests.observer?.refuse('frame_bytes');
          // What is still to come is not read.
          sendProblem(response, 413, error.message, { connection: 'close' });
          return undefined;
        case 'cancelled':
          response.destroy();
          return undefined;
        default:
          sendProblem(response, 400, error.message);
          return undefined;
      }
    }
  }
}

/** Whether a header says so. */
function isOfModernEra({ headers: { 'mcp-protocol-version': version } }: IncomingMessage): boolean {
  return typeof version === 'string' && findModern(version) !== undefined;
}

function isJson(contentType: string | undefined): boolean {
  if (contentType === 'application/json') return true;
  return contentType?.split(';', 1)[0]?.trim().toLowerCase() === 'application/json';
}
