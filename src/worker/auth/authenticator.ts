import type { IncomingMessage } from 'node:http';

import { LRUCache } from 'lru-cache';

import { Failure } from '../../shared/errors.ts';
import type { Admission } from '../domain/admission.ts';
import type { Attempts } from '../domain/limits.ts';
import type { Principal } from '../domain/principal.ts';
import { beginningOf } from './api-key.ts';
import { findBearer } from './bearer.ts';
import { networkOf } from './client-address.ts';
import { entriesAtMost } from './entries-at-most.ts';
import { shownByPage } from './shown-by-page.ts';
import type { Tickets } from './tickets.ts';

/** Finds out whose something is that was shown. */
export interface Check {
  /** What is known of it here, without looking anywhere. */
  known(shown: string): Admission<Principal> | undefined;
  /** Rejects with a `Failure`: `unauthorized`, whatever is wrong with it, or `unavailable`. */
  admit(shown: string): Promise<Admission<Principal>>;
}

/** Whoever counts what was not looked at. It must not throw. */
export interface AuthenticatorObserver {
  refuse(limit: 'failed_logins'): void;
}

export interface AuthenticatorOptions {
  /** Whose word counts on what was shown. */
  readonly checkFor: (shown: string) => Check;
  readonly tickets: Tickets;
  /** What was turned down, by address, and by what it began with. */
  readonly failures: Attempts;
  /** Whether a page may show what it has as a subprotocol. */
  readonly subprotocolAuth: boolean;
  readonly addressOf: (request: IncomingMessage) => string;
  readonly observer: AuthenticatorObserver;
  /** A clock that never goes back, in milliseconds. */
  readonly now: () => number;
}

/** Addresses and beginnings that are remembered to have failed too often. */
const BLOCKED_MAX = 10_000;

/** Says who asks, by what they show. Each refusal is a `Failure`, which the transport answers. */
export class Authenticator {
  readonly #options: AuthenticatorOptions;
  /** Until when nothing more is looked at. */
  readonly #blocked = new LRUCache<string, number>(entriesAtMost(BLOCKED_MAX));

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
  }

  /** Who sends a request: with each anew, and by its header alone. */
  async admit(request: IncomingMessage): Promise<Admission<Principal>> {
    const address = this.#options.addressOf(request);
    const shown = findBearer(request);
    return this.#recognize(shown, address) ?? (await this.#admit(shown, address));
  }

  /** Who asks for an upgrade: by a header, or as a page can. */
  async admitSocket(request: IncomingMessage): Promise<Admission<Principal>> {
    const { subprotocolAuth, addressOf } = this.#options;
    const address = addressOf(request);
    const bearer = findBearer(request);
    const { ticket, subprotocol } = shownByPage(request);
    const byPage = subprotocolAuth ? subprotocol : undefined;
    if ([bearer, ticket, byPage].filter((shown) => shown !== undefined).length > 1) {
      throw new Failure('invalid', 'Show who you are in one way, and not in several');
    }
    if (ticket === undefined) {
      const shown = bearer ?? byPage;
      return this.#recognize(shown, address) ?? (await this.#admit(shown, address));
    }
    const place = placeOf(address);
    this.#refuseBlocked(place);
    const admission = await this.#options.tickets.redeem(ticket, request.headers.origin);
    if (admission === undefined) await this.#turnDown([place]);
    return this.#welcome(admission, address);
  }

  /** Who was let in before: sharing an address with somebody who guesses, they are not kept out with him. */
  #recognize(shown: string | undefined, address: string): Admission<Principal> | undefined {
    const known = shown === undefined ? undefined : this.#options.checkFor(shown).known(shown);
    return known && this.#welcome(known, address);
  }

  async #admit(shown: string | undefined, address: string): Promise<Admission<Principal>> {
    if (shown === undefined) {
      throw new Failure('unauthorized', 'Say who you are: Authorization: Bearer …');
    }
    const check = this.#options.checkFor(shown);
    const beginning = beginningOf(shown);
    const whose = [placeOf(address), ...(beginning === undefined ? [] : [`key ${beginning}`])];
    for (const one of whose) this.#refuseBlocked(one);
    try {
      return this.#welcome(await check.admit(shown), address);
    } catch (error) {
      if (!(error instanceof Failure) || error.code !== 'unauthorized') throw error;
      return this.#turnDown(whose);
    }
  }

  #welcome(admission: Admission<Principal> | undefined, address: string): Admission<Principal> {
    if (admission === undefined || admission.ended.aborted) throw unknown();
    const { caller, credential, ended } = admission;
    return { caller: { ...caller, address }, credential, ended };
  }

  /** Counts it, and refuses: with when to come back, if it was once too often. */
  async #turnDown(whose: readonly string[]): Promise<never> {
    const { failures, now } = this.#options;
    const waits = await Promise.all(whose.map((one) => failures.take(one)));
    for (const [index, one] of whose.entries()) {
      const waitMs = waits[index] ?? 0;
      if (waitMs > 0) this.#blocked.set(one, now() + waitMs);
    }
    for (const one of whose) this.#refuseBlocked(one);
    throw unknown();
  }

  #refuseBlocked(one: string): void {
    const retryAfterMs = (this.#blocked.get(one) ?? 0) - this.#options.now();
    if (retryAfterMs <= 0) return;
    this.#options.observer.refuse('failed_logins');
    throw new Failure('limited', 'Too much was turned down that came from there', { retryAfterMs });
  }
}

/** What is counted of an address. */
function placeOf(address: string): string {
  return `network ${networkOf(address)}`;
}

/** The same for whatever is wrong with it: nobody learns which keys there are. */
function unknown(): Failure {
  return new Failure('unauthorized', 'What you showed is not known here, or not any more');
}
