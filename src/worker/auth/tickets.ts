import { Failure } from '../../shared/errors.ts';
import { isListOf, isNumber, isOptional, isShaped, isString } from '../../shared/shape.ts';
import type { Admission } from '../domain/admission.ts';
import type { Principal } from '../domain/principal.ts';
import type { Standings } from './standings.ts';

/** Where tickets are kept until they are used. Both throw a `Failure` (`unavailable`) where that cannot be done now. */
export interface TicketStore {
  /** Resolves with a ticket, which nobody can guess. */
  issue(content: object, ttlMs: number): Promise<string>;
  /** What a ticket was issued for, once; nothing if it is none, or was used, or is too old. */
  redeem(ticket: string): Promise<unknown>;
}

/** A ticket, as it crosses the wire. */
export interface IssuedTicket {
  readonly ticket: string;
  readonly expiresInMs: number;
}

/** A page asks for a ticket, and connects with it. */
const TTL_MS = 30_000;

/** Where nobody has to show anything. */
export function needless(): Failure {
  return new Failure('conflict', 'Nobody needs a ticket here: connect without');
}

const isContent = isShaped({
  principal: isString,
  /** Everything, if there are none. */
  scopes: isOptional(isListOf(isString)),
  obtainable: isListOf(isString),
  credential: isShaped({ id: isString, expiresAt: isOptional(isNumber) }),
  origin: isOptional(isString),
});

/**
 * Lets somebody in who showed who they are a moment ago, and now cannot: a page that opens a WebSocket sets no headers. What
 * is let in with a ticket ends with what was shown for it.
 */
export class Tickets {
  readonly #store: TicketStore;
  readonly #standings: Standings;

  constructor(store: TicketStore, standings: Standings) {
    this.#store = store;
    this.#standings = standings;
  }

  /** A ticket for somebody who was let in. If it is a page that asks, only one of the same origin can use it. */
  async issue(
    { caller, credential }: Admission<Principal>,
    origin: string | undefined,
  ): Promise<IssuedTicket> {
    if (credential === undefined) throw needless();
    const { id: principal, scopes, obtainable = [] } = caller;
    const held = scopes === 'all' ? {} : { scopes: [...scopes] };
    const content = { principal, ...held, obtainable: [...obtainable], credential, origin };
    return { ticket: await this.#store.issue(content, TTL_MS), expiresInMs: TTL_MS };
  }

  /** Who comes with a ticket; nothing, if it is none, or not for them. Then it is used up all the same. */
  async redeem(
    ticket: string,
    origin: string | undefined,
  ): Promise<Admission<Principal> | undefined> {
    const content = await this.#store.redeem(ticket);
    if (!isContent(content)) return undefined;
    if (content.origin !== undefined && content.origin !== origin) return undefined;
    const { principal: id, scopes, obtainable } = content;
    const { id: shown, expiresAt } = content.credential;
    const caller = {
      id,
      scopes: scopes === undefined ? ('all' as const) : new Set(scopes),
      obtainable: new Set(obtainable),
    };
    const ended = this.#standings.signalOf(shown, expiresAt);
    return { caller, credential: { id: shown, expiresAt }, ended };
  }
}
