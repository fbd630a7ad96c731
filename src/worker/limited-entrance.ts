import type { IncomingMessage } from 'node:http';

import { Failure } from '../shared/errors.ts';
import { networkOf } from './auth/client-address.ts';
import type { Authentication } from './authentication.ts';
import type { Admission } from './domain/admission.ts';
import type { Attempts } from './domain/limits.ts';
import type { Principal } from './domain/principal.ts';
import { Occupancy } from './protocol/occupancy.ts';
import type { Entrance } from './transport/entrance.ts';

export interface EntranceOptions {
  readonly authentication: Authentication;
  /** Upgrades and new sessions, by network. */
  readonly handshakes: Attempts;
  /** Sockets and requests that one network may have open, and one principal. */
  readonly openOfOneMax: number;
  readonly addressOf: (request: IncomingMessage) => string;
  readonly observer: { readonly refuse: (limit: 'handshakes' | 'sockets_of_one') => void };
}

/** The entrance to both transports: who it is, how often they come, and how much of us they hold. */
export class LimitedEntrance implements Entrance<Principal> {
  readonly #options: EntranceOptions;
  readonly #ofNetworks: Occupancy;
  readonly #ofPrincipals: Occupancy;

  constructor(options: EntranceOptions) {
    this.#options = options;
    this.#ofNetworks = new Occupancy(options.openOfOneMax);
    this.#ofPrincipals = new Occupancy(options.openOfOneMax);
  }

  admit(request: IncomingMessage): Promise<Admission<Principal>> {
    return this.#options.authentication.admit(request);
  }

  async admitSocket(request: IncomingMessage): Promise<Admission<Principal>> {
    const { authentication, addressOf } = this.#options;
    await this.#countHandshake(addressOf(request));
    return authentication.admitSocket(request);
  }

  async admitSession({ address = '' }: Principal): Promise<void> {
    await this.#countHandshake(address);
  }

  takePlace({ id, address = '' }: Principal): Disposable {
    const ofNetwork = this.#ofNetworks.take(networkOf(address));
    const ofPrincipal = ofNetwork && this.#ofPrincipals.take(id);
    if (ofNetwork === undefined || ofPrincipal === undefined) {
      ofNetwork?.[Symbol.dispose]();
      this.#options.observer.refuse('sockets_of_one');
      throw new Failure('limited', 'You have too much open already', { retryAfterMs: 1_000 });
    }
    return new BothPlaces(ofNetwork, ofPrincipal);
  }

  async #countHandshake(address: string): Promise<void> {
    const { handshakes, observer } = this.#options;
    const retryAfterMs = await handshakes.take(networkOf(address));
    if (retryAfterMs === 0) return;
    observer.refuse('handshakes');
    throw new Failure('limited', 'Too many connections were asked for from there', {
      retryAfterMs,
    });
  }
}

/** A place of a network, and one of a principal. */
class BothPlaces implements Disposable {
  readonly #ofNetwork: Disposable;
  readonly #ofPrincipal: Disposable;

  constructor(ofNetwork: Disposable, ofPrincipal: Disposable) {
    this.#ofNetwork = ofNetwork;
    this.#ofPrincipal = ofPrincipal;
  }

  [Symbol.dispose](): void {
    this.#ofPrincipal[Symbol.dispose]();
    this.#ofNetwork[Symbol.dispose]();
  }
}
