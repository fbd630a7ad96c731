import type { Bus, Workers } from '../domain/bus.ts';
import type { Session, Sessions } from '../domain/session.ts';
import { RpcCode, RpcError } from '../protocol/errors.ts';
import {
  isRecord,
  isRequestId,
  parseResponse,
  type RequestId,
  type Response,
  refusalOf,
} from '../protocol/frame.ts';
import type { Party } from '../protocol/methods.ts';
import type { RequestsOptions } from '../protocol/requests.ts';
import { findLegacy, type LegacyRevision, negotiate } from '../protocol/revisions.ts';
import type { Exchange } from './exchange.ts';
import { sendJson } from './http-reply.ts';
import { KnownSessions } from './known-sessions.ts';
import { type LocalSession, LocalSessions } from './local-sessions.ts';
import { makeSessionId } from './session-id.ts';
import { StoredConversation } from './stored-conversation.ts';

/** What a worker tells the others of a session: it was asked, and perhaps it is theirs to act. */
type Word =
  | { readonly session: string; readonly kind: 'response'; readonly response: Response }
  | { readonly session: string; readonly kind: 'cancel'; readonly requestId: RequestId }
  | { readonly session: string; readonly kind: 'changed' | 'end' };

export interface HttpSessionsOptions<Caller> {
  /** What a caller is known by again. */
  readonly principalOf: (caller: Caller) => string;
  /** Where a caller calls from, as far as it is known. */
  readonly addressOf: (caller: Caller) => string | undefined;
  /** Told of each caller that names a session of somebody else. */
  readonly onIntruder: (caller: Caller) => void;
  readonly sessions: Sessions;
  readonly bus: Bus;
  readonly workers: Workers;
}

/** The header that says which session a request is of (2025-11-25, basic/transports, session management). */
export const SESSION_HEADER = 'mcp-session-id';
const TOPIC = 'sessions';

/**
 * Sessions of the legacy era over HTTP. None belongs to a worker: each request is served by the one it
 * comes to, which finds out what was agreed on, and tells the others what may be for a request of theirs.
 */
export class HttpSessions<Caller> implements Disposable {
  readonly #options: HttpSessionsOptions<Caller>;
  readonly #conversations: ConstructorParameters<typeof StoredConversation>[0];
  readonly #here: LocalSessions<Caller>;
  readonly #closing = new Map<string, Set<() => void>>();
  readonly #known = new KnownSessions();
  readonly #listening = new DisposableStack();

  constructor(options: HttpSessionsOptions<Caller>) {
    this.#options = options;
    this.#here = new LocalSessions(options.workers.self);
    this.#conversations = {
      sessions: options.sessions,
      changed: (session) => this.#announce(session),
    };
  }

  /** Begins to hear of what other workers were asked, and of what operators end. */
  async open(): Promise<void> {
    const { bus, sessions } = this.#options;
    this.#listening.use(
      await bus.listen(
        TOPIC,
        (message) => {
          const word = parseWord(message);
          if (word !== undefined) this.#act(word);
        },
        () => {
          this.#known.forgetAll();
        },
      ),
    );
    this.#listening.use(
      sessions.onEnd((session) => {
        this.#act({ session, kind: 'end' });
      }),
    );
  }

  /** The session that a request names, if it is open and of this caller. */
  async findOf({ request, caller }: Exchange<Caller>): Promise<Session | undefined> {
    const { sessions, principalOf, onIntruder } = this.#options;
    const { [SESSION_HEADER]: id } = request.headers;
    if (typeof id !== 'string') return undefined;
    const session = await sessions.find(id, principalOf(caller));
    // To whom it does not belong, it is none. Somebody may have come by its id, and that has to be known.
    if (session === 'foreign') onIntruder(caller);
    return typeof session === 'object' ? session : undefined;
  }

  /** The session that a request is of; or nothing, and it is answered. `requestId` is of the message in it. */
  async sessionOf(exchange: Exchange<Caller>, requestId?: RequestId): Promise<Session | undefined> {
    const { request, response } = exchange;
    const { [SESSION_HEADER]: id, 'mcp-protocol-version': version } = request.headers;
    const refuse = (status: number, text: string): void => {
      sendJson(response, status, refusalOf(requestId, new RpcError(RpcCode.InvalidRequest, text)));
    };
    if (id === undefined) {
      refuse(400, 'Mcp-Session-Id is missing: initialize begins a session');
      return undefined;
    }
    if (version !== undefined && findLegacy(String(version)) === undefined) {
      refuse(400, 'MCP-Protocol-Version names no revision with sessions that is spoken here');
      return undefined;
    }
    const principal = this.#options.principalOf(exchange.caller);
    const session =
      this.#known.find(String(id), principal) ?? (await this.#known.learn(this.findOf(exchange)));
    if (session === undefined) refuse(404, 'There is no such session: begin another');
    return session;
  }

  /** What a request that begins a session is of. `begun` is told the session's id. */
  newParty(caller: Caller, begun: (id: string) => void): Party {
    const { sessions, principalOf, addressOf } = this.#options;
    const id = makeSessionId();
    const conversation = new StoredConversation(this.#conversations, id, async (handshake) => {
      const principal = principalOf(caller);
      const fresh = { logLevel: undefined, subscriptions: [] };
      const session = { id, principal, ...handshake, ...fresh };
      const replaced = await sessions.create(session, addressOf(caller));
      begun(id);
      await Promise.all(replaced.map((each) => this.#close(each)));
    });
    return { revision: negotiate(''), capabilities: {}, logLevel: undefined, conversation };
  }

  /** What a request in a session is of. */
  partyOf(session: Session): Party {
    const { id, capabilities, logLevel } = session;
    const conversation = new StoredConversation(this.#conversations, id);
    return { revision: revisionOf(session), capabilities, logLevel, conversation };
  }

  /** Work in a session begins. Until what this returns is disposed of the session is in use, and it is known what runs of it. */
  enter(id: string, options: RequestsOptions<Caller>): Stay<Caller> {
    return new Stay(id, this.#here, options, this.#options.sessions.hold(id));
  }

  /** Hands on an answer to a request of ours, to whichever worker asked. */
  async settle(session: string, response: Response): Promise<void> {
    if (this.#here.find(session)?.asks.settle(response)) return;
    await this.#tell({ session, kind: 'response', response });
  }

  /** Cancels a request, at whichever worker it runs. */
  async cancel(session: string, requestId: RequestId): Promise<void> {
    if (this.#here.find(session)?.requests.cancel(requestId)) return;
    await this.#tell({ session, kind: 'cancel', requestId });
  }

  /** Ends a session everywhere. */
  async end(session: string): Promise<void> {
    await this.#options.sessions.end(session);
    await this.#close(session);
  }

  /** `close` is called when a session is ended, until what this returns is disposed of. So long it is in use. */
  onEnd(session: string, close: () => void): Disposable {
    const held = this.#options.sessions.hold(session);
    const closing = this.#closing.get(session) ?? new Set();
    this.#closing.set(session, closing.add(close));
    return {
      [Symbol.dispose]: () => {
        held[Symbol.dispose]();
        closing.delete(close);
        if (closing.size === 0 && this.#closing.get(session) === closing) {
          this.#closing.delete(session);
        }
      },
    };
  }

  /** Resolves when nothing runs, with or without somebody who waits for it. */
  async untilIdle(): Promise<void> {
    await this.#here.untilIdle();
  }

  /** Aborts what was asked for by those who may no longer ask. */
  sendAway(): void {
    this.#here.sendAway();
  }

  /** Aborts what runs. Returns in how many sessions that was. */
  close(reason: string): number {
    return this.#here.close(reason);
  }

  [Symbol.dispose](): void {
    this.#listening.dispose();
  }

  /** It was changed: nobody is to know it as it was. */
  async #announce(session: string): Promise<void> {
    this.#known.forget(session);
    await this.#tell({ session, kind: 'changed' });
  }

  /** Lets go of a session that was ended, everywhere. */
  async #close(session: string): Promise<void> {
    this.#act({ session, kind: 'end' });
    await this.#tell({ session, kind: 'end' });
  }

  async #tell(word: Word): Promise<void> {
    await this.#options.bus.publish(TOPIC, word);
  }

  #act(word: Word): void {
    switch (word.kind) {
      case 'response':
        this.#here.find(word.session)?.asks.settle(word.response);
        return;
      case 'cancel':
        this.#here.find(word.session)?.requests.cancel(word.requestId);
        return;
      case 'changed':
        this.#known.forget(word.session);
        return;
      case 'end':
        this.#known.forget(word.session);
        this.#here.end(word.session, 'The session was ended');
        for (const close of this.#closing.get(word.session) ?? []) close();
    }
  }
}

/** Work that goes on in a session. */
class Stay<Caller> implements Disposable {
  readonly local: LocalSession<Caller>;
  readonly #id: string;
  readonly #here: LocalSessions<Caller>;
  readonly #held: Disposable;

  constructor(
    id: string,
    here: LocalSessions<Caller>,
    options: RequestsOptions<Caller>,
    held: Disposable,
  ) {
    this.#id = id;
    this.#here = here;
    this.#held = held;
    this.local = here.enter(id, options);
  }

  [Symbol.dispose](): void {
    this.#here.leave(this.#id, this.local);
    this.#held[Symbol.dispose]();
  }
}

/** What a session speaks. A newer version of us may have begun it with a revision that this one has not. */
export function revisionOf({ revision }: Session): LegacyRevision {
  return findLegacy(revision) ?? negotiate('');
}

function parseWord(message: unknown): Word | undefined {
  if (!isRecord(message) || typeof message.session !== 'string') return undefined;
  const { session, kind, requestId, response } = message;
  if (kind === 'changed' || kind === 'end') return { session, kind };
  if (kind === 'cancel' && isRequestId(requestId)) return { session, kind, requestId };
  const answer = kind === 'response' ? parseResponse(response) : undefined;
  return answer && { session, kind: 'response', response: answer };
}
