import type { IncomingMessage, ServerResponse } from 'node:http';

import { sendProblem } from '../../shared/problem.ts';
import { remembering } from '../../shared/remembering.ts';
import type { Session } from '../domain/session.ts';
import { Asks } from '../protocol/asks.ts';
import { isModernRequest } from '../protocol/era.ts';
import { RpcCode, RpcError } from '../protocol/errors.ts';
import {
  isRequestId,
  type Request,
  type Response,
  refusalOf,
  type Single,
} from '../protocol/frame.ts';
import { Requests, type RequestsOptions } from '../protocol/requests.ts';
import { TRAITS } from '../protocol/revisions.ts';
import type { Entrance } from './entrance.ts';
import { answerTaken, type Exchange, readAccept } from './exchange.ts';
import { type Head, HttpReply, OK, type RefusedHead, sendJson } from './http-reply.ts';
import { type HttpSessions, revisionOf, SESSION_HEADER } from './http-sessions.ts';
import type { KeptStreams } from './kept-streams.ts';
import type { Overdue } from './overdue.ts';

export interface LegacyHttpOptions<Caller> {
  readonly requests: RequestsOptions<Caller>;
  readonly sessions: HttpSessions<Caller>;
  readonly streams: KeptStreams;
  readonly refusedHead: RefusedHead;
  readonly overdue: Overdue;
  readonly entrance: Pick<Entrance<Caller>, 'admitSession'>;
}

/** What is posted in the legacy era: all but `initialize` is of a session (2025-11-25, basic/transports). */
export class LegacyHttp<Caller> {
  readonly #options: LegacyHttpOptions<Caller>;
  readonly #acceptedBy = remembering(readAccept);

  constructor(options: LegacyHttpOptions<Caller>) {
    this.#options = options;
  }

  /** One message. */
  async post(message: Single, exchange: Exchange<Caller>): Promise<void> {
    const { request, response } = exchange;
    if (!this.#takesBoth(request, response)) return;
    const asked = message.kind === 'request' ? message.request : undefined;
    if (asked?.method === 'initialize') {
      await this.#options.entrance.admitSession(exchange.caller);
      await this.#begin(asked, exchange);
      return;
    }
    const session = await this.#options.sessions.sessionOf(exchange, asked?.id);
    if (session === undefined) return;
    if (asked === undefined) {
      await this.#heed(session, message);
      answerTaken(response);
      return;
    }
    await this.#answer([asked], session, exchange);
  }

  /** Several messages, which only 2025-03-26 has. */
  async postBatch(messages: readonly Single[], exchange: Exchange<Caller>): Promise<void> {
    const { request, response } = exchange;
    if (!this.#takesBoth(request, response)) return;
    const session = await this.#options.sessions.sessionOf(exchange);
    if (session === undefined) return;
    const fault = faultOf(messages, session);
    if (fault !== undefined) {
      sendJson(response, 400, refusalOf(undefined, new RpcError(RpcCode.InvalidRequest, fault)));
      return;
    }
    await Promise.all(messages.map((message) => this.#heed(session, message)));
    const asked = messages.flatMap((message) => {
      return message.kind === 'request' ? [message.request] : [];
    });
    if (asked.length === 0) answerTaken(response);
    else await this.#answer(asked, session, exchange, true);
  }

  async #begin(asked: Request, { response, caller }: Exchange<Caller>): Promise<void> {
    const { sessions, requests } = this.#options;
    // Its head has the session's id.
    const reply = new HttpReply(response, {
      expected: 1,
      isBatch: false,
      headOf: () => OK,
    });
    const party = sessions.newParty(caller, (id) => {
      response.setHeader(SESSION_HEADER, id);
    });
    await new Requests(requests).answer(asked, {
      caller,
      party,
      asks: new Asks(''),
      replyTo: reply,
    });
  }

  async #answer(
    asked: readonly Request[],
    session: Session,
    { response, caller, ended }: Exchange<Caller>,
    isBatch = false,
  ): Promise<void> {
    const { sessions, streams, requests, overdue } = this.#options;
    using stay = sessions.enter(session.id, requests);
    const reply = new HttpReply(response, {
      expected: asked.length,
      isBatch,
      overdue,
      headOf: this.#headOf,
      recorder: () => {
        const ids = asked.map(({ id }) => id);
        return streams.recorder(session.id, ids, TRAITS[revisionOf(session)].primedStreams);
      },
    });
    const { local } = stay;
    const party = sessions.partyOf(session);
    const origin = { caller, ended, party, asks: local.asks, replyTo: reply };
    const [first] = asked;
    if (first !== undefined && !isBatch) await local.requests.answer(first, origin);
    else await Promise.all(asked.map((one) => local.requests.answer(one, origin)));
    await reply.finish();
  }

  /** Whether a client takes what it may be answered with; if not, it is told. */
  #takesBoth({ headers }: IncomingMessage, response: ServerResponse): boolean {
    const { json, events } = this.#acceptedBy(headers.accept ?? '');
    if (json && events) return true;
    sendProblem(response, 406, 'Accept must name application/json and text/event-stream');
    return false;
  }

  readonly #headOf = (answer: Response): Head => this.#options.refusedHead(answer) ?? OK;

  async #heed({ id }: Session, message: Single): Promise<void> {
    const { sessions } = this.#options;
    if (message.kind === 'response') await sessions.settle(id, message.response);
    if (message.kind !== 'notification') return;
    const { method, params } = message.notification;
    if (method === 'notifications/cancelled' && isRequestId(params.requestId)) {
      await sessions.cancel(id, params.requestId);
    }
  }
}

/** What is wrong with a batch, if anything. */
function faultOf(messages: readonly Single[], session: Session): string | undefined {
  if (!TRAITS[revisionOf(session)].batches) return 'Expected one JSON-RPC 2.0 message';
  if (messages.some(({ kind }) => kind === 'malformed'))
    return 'A message of the batch is malformed';
  return messages.some(isModernRequest) ? 'Requests of 2026-07-28 come alone' : undefined;
}
