import { LRUCache } from 'lru-cache';

import type { FailureCode } from '../../shared/errors.ts';
import type { Audit } from '../domain/audit.ts';
import type { Principal } from '../domain/principal.ts';
import { networkOf } from './client-address.ts';
import { entriesAtMost } from './entries-at-most.ts';

/** Who is turned down before it is known who it is, and at what. */
export interface Refusal {
  /** Where: by the guard, for the page or the host of a request, or because of what was shown. */
  readonly action: 'guard' | 'authenticate';
  readonly address: string;
  readonly outcome: FailureCode;
}

const REFUSED = {
  kind: 'refusal',
  subject: undefined,
  argumentsHash: undefined,
  durationMs: undefined,
} as const;
/** Entries in the audit for one address, or one principal, in a minute: nobody shall fill it. */
const ENTRIES_MAX = 10;
const MINUTE_MS = 60_000;
/** Addresses and principals that are told apart. */
const TOLD_APART_MAX = 10_000;

/** Keeps who was turned down. All are counted elsewhere; the first of each address, or principal, and minute are written down. */
export class Refusals {
  readonly #audit: Audit;
  readonly #noted = new LRUCache<string, { count: number }>({
    ...entriesAtMost(TOLD_APART_MAX),
    ttl: MINUTE_MS,
  });

  constructor(audit: Audit) {
    this.#audit = audit;
  }

  note({ action, address, outcome }: Refusal): void {
    if (!this.#isOneOfFew(`network ${networkOf(address)}`)) return;
    this.#audit.record({ ...REFUSED, who: undefined, address, action, outcome });
  }

  /** Somebody we know named a session of somebody else. */
  noteIntruder({ id, address }: Principal): void {
    this.#audit.record({ ...REFUSED, who: id, address, action: 'session', outcome: 'not-found' });
  }

  /** Somebody we know had a request turned down before it was looked at what it asks for: too many run. */
  noteLimited({ id, address }: Principal): void {
    if (!this.#isOneOfFew(`principal ${id}`)) return;
    this.#audit.record({ ...REFUSED, who: id, address, action: 'request', outcome: 'limited' });
  }

  /** Counts one. */
  #isOneOfFew(whose: string): boolean {
    const noted = this.#noted.get(whose) ?? { count: 0 };
    noted.count += 1;
    if (noted.count === 1) this.#noted.set(whose, noted);
    return noted.count <= ENTRIES_MAX;
  }
}
