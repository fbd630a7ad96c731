import type { IncomingMessage } from 'node:http';

import { Failure } from '../shared/errors.ts';
import { networkOf } from './auth/client-address.ts';
import type { Authentication } from './authentication.ts';
import type { Admission } from './domain/admission.ts';
import type { Attempts } from './domain/limits.ts';
import type { Principal } from './domain/principal.ts';
import type { Occupancy } from './protocol/occupancy.ts';
import type { Entrance } from './transport/entrance.ts';

export interface EntranceOptions {
  readonly authentication: Authentication;
  /** Upgrades and new sessions, by network. */
  readonly handshakes: Attempts;
  /** Sockets and requests that are open, by network and by principal. */
  readonly places: Occupancy;
  readonly addressOf: (request: IncomingMessage) => string;
  readonly observer: { readonly refuse: (limit: 'handshakes' | 'sockets_of_one') => void };
}

/** The entrance to both transports: who it is, how often they come, and how much of us they hold. */
export class LimitedEntrance implements Entrance<Principal> {
  readonly #options: EntranceOptions;

  constructor(options: EntranceOptions) {
    this.#options = options;
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
    const { places, observer } = this.#options;
    const ofAddress = places.take(`address ${networkOf(address)}`);
    const ofPrincipal = ofAddress && places.take(`principal ${id}`);
    if (ofAddress === undefined || ofPrincipal === undefined) {
      ofAddress?.[Symbol.dispose]();
      observer.refuse('sockets_of_one');
      throw new Failure('limited', 'You have too much open already', { retryAfterMs: 1_000 });
    }
    return {
      [Symbol.dispose]: () => {
        ofPrincipal[Symbol.dispose]();
        ofAddress[Symbol.dispose]();
      },
    };
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
