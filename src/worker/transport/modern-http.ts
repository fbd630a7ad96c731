import type { IncomingMessage } from 'node:http';

import { LinkedList } from '../../shared/linked-list.ts';
import { sendProblem } from '../../shared/problem.ts';
import type { MirroredArgument } from '../domain/mirrored-argument.ts';
import { Asks } from '../protocol/asks.ts';
import { isModernRequest, parseEnvelope } from '../protocol/era.ts';
import { RpcError } from '../protocol/errors.ts';
import { type Request, type Response, refusalOf, type Single } from '../protocol/frame.ts';
import type { Party } from '../protocol/methods.ts';
import { Requests, type RequestsOptions } from '../protocol/requests.ts';
import { answerTaken, type Exchange } from './exchange.ts';
import { type Head, HttpReply, modernStatusOf, type RefusedHead, sendJson } from './http-reply.ts';
import { headerMismatch, versionMismatch } from './mirrored-headers.ts';
import type { Overdue } from './overdue.ts';

export interface ModernHttpOptions<Caller> {
  readonly requests: RequestsOptions<Caller>;
  readonly mirroredOf: (tool: string, caller: Caller) => readonly MirroredArgument[];
  readonly refusedHead: RefusedHead;
  readonly overdue: Overdue;
}

/** The modern era over HTTP: every POST stands alone, and its response is all there is of it (2026-07-28, basic/transports/streamable-http). */
export class ModernHttp<Caller> {
  readonly #options: ModernHttpOptions<Caller>;
  readonly #running = new LinkedList<Requests<Caller>>();
  /** Nobody is asked in this era. */
  readonly #asks = new Asks('');
  #isDraining = false;

  constructor(options: ModernHttpOptions<Caller>) {
    this.#options = options;
  }

  /** Whether a message is of this era: by what it says itself, or where it says nothing, by its header. */
  claims(message: Single, isModernHeader: boolean): boolean {
    return isModernHeader || isModernRequest(message);
  }

  async post(message: Single, exchange: Exchange<Caller>): Promise<void> {
    switch (message.kind) {
      case 'request':
        await this.#answer(message.request, exchange);
        return;
      case 'notification':
        // None says anything to us: a response is cancelled by closing it.
        answerTaken(exchange.response);
        return;
      case 'response':
      case 'malformed':
        sendProblem(
          exchange.response,
          400,
          'Nothing was asked: 2026-07-28 has no requests of servers',
        );
    }
  }

  /** Ends what waits for changes, and what comes to wait for them. All else goes on. */
  drain(): void {
    this.#isDraining = true;
    for (const requests of this.#running.items) void requests.drain();
  }

  /** Aborts what runs. Returns how many requests that were. */
  close(reason: string): number {
    for (const requests of this.#running.items) requests.close(reason);
    return this.#running.size;
  }

  async #answer(asked: Request, { request, response, caller }: Exchange<Caller>): Promise<void> {
    const party = this.#partyOf(asked, request, caller);
    if (party instanceof RpcError) {
      sendJson(response, 400, refusalOf(asked.id, party));
      return;
    }
    const requests = new Requests(this.#options.requests);
    const running = this.#running.add(requests);
    const reply = new HttpReply(response, {
      expected: 1,
      isBatch: false,
      overdue: this.#options.overdue,
      headOf: this.#headOf,
    });
    response.on('close', () => {
      // It is closed after the answer, too.
      if (requests.isBusy) requests.close('The caller closed the response');
    });
    try {
      const origin = { caller, party, asks: this.#asks, replyTo: reply };
      const answered = requests.answer(asked, origin);
      // What would wait for changes is over at once.
      if (this.#isDraining) void requests.drain();
      await answered;
    } finally {
      running.remove();
    }
  }

  readonly #headOf = (answer: Response): Head =>
    this.#options.refusedHead(answer) ?? { status: modernStatusOf(answer) };

  /** The ladder of what may be wrong, in the order of the specification's own server. */
  #partyOf(asked: Request, { headers }: IncomingMessage, caller: Caller): Party | RpcError {
    const mismatch = versionMismatch(asked, headers);
    if (mismatch !== undefined) return mismatch;
    try {
      const envelope = parseEnvelope(asked.params);
      const { name } = asked.params;
      const mirrored = typeof name === 'string' ? this.#options.mirroredOf(name, caller) : [];
      const wrong = headerMismatch(asked, headers, mirrored);
      return wrong ?? { ...envelope, conversation: undefined };
    } catch (error) {
      if (error instanceof RpcError) return error;
      throw error;
    }
  }
}
