import {
  type CompactJWSHeaderParameters,
  type CryptoKey,
  createLocalJWKSet,
  errors,
  type FlattenedJWSInput,
  type LocalJWKSet,
} from 'jose';

import { Failure } from '../../shared/errors.ts';
import type { Logger } from '../../shared/logger.ts';
import { fetchIssuerKeys } from './fetch-issuer-keys.ts';

export interface IssuerKeysOptions {
  readonly issuer: string;
  /** How long after keys were fetched an unknown one does not make us fetch them again. */
  readonly cooldownMs: number;
  /** The time, in milliseconds since 1970. */
  readonly now: () => number;
  readonly log: Logger;
}

interface Held {
  readonly find: LocalJWKSet;
  readonly fetchedAt: number;
}

/** Keys older than this are fetched anew while they are still used. */
const FRESH_MS = 600_000;
/** Keys older than this are used only if new ones cannot be had: nobody asked for long, and one may have been withdrawn. */
export const STALE_MS = 2 * FRESH_MS;
/** For metadata and keys together. */
const FETCH_MS = 5_000;
/** With no keys at all nobody is let in: then it is tried more often than a cooldown says. */
const RETRY_MS = 5_000;

/**
 * The public keys of one issuer. They are fetched when they are first asked for, kept for ten minutes, and used on while the issuer
 * is away. However many ask, one fetch is under way, and after it comes a cooldown.
 */
export class IssuerKeys {
  readonly #options: IssuerKeysOptions;
  #held: Held | undefined;
  #fetching: Promise<void> | undefined;
  #triedAt = Number.NEGATIVE_INFINITY;
  #hasFailed = false;

  constructor(options: IssuerKeysOptions) {
    this.#options = options;
  }

  /**
   * Finds the key that a token was signed with, by its header's `kid`, `alg` and by nothing else: what a header has to say of other
   * places to find keys at (`jku`, `x5u`, `jwk`) is not read. Throws a `Failure` (`unavailable`) if that key is not known, and the
   * issuer does not answer; an error of jose's if the issuer has no such key.
   */
  async find(header: CompactJWSHeaderParameters, token: FlattenedJWSInput): Promise<CryptoKey> {
    const held = await this.#get();
    try {
      return await held.find(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      await this.#refresh();
      if (this.#held !== undefined && this.#held !== held) return this.#held.find(header, token);
      throw this.#hasFailed ? this.#unavailable() : error;
    }
  }

  async #get(): Promise<Held> {
    const ageMs = this.#held === undefined ? STALE_MS : this.#since(this.#held.fetchedAt);
    if (ageMs >= STALE_MS) await this.#refresh();
    else if (ageMs >= FRESH_MS) void this.#refresh();
    if (this.#held === undefined) throw this.#unavailable();
    return this.#held;
  }

  /** Fetches them, unless that was done just now. Never rejects. */
  #refresh(): Promise<void> {
    if (this.#fetching === undefined && this.#waitMs <= 0) {
      this.#fetching = this.#fetch().finally(() => {
        this.#fetching = undefined;
        this.#triedAt = this.#options.now();
      });
    }
    return this.#fetching ?? Promise.resolve();
  }

  async #fetch(): Promise<void> {
    const { issuer, now, log } = this.#options;
    try {
      const keys = await fetchIssuerKeys(issuer, AbortSignal.timeout(FETCH_MS));
      this.#held = { find: createLocalJWKSet(keys), fetchedAt: now() };
      this.#hasFailed = false;
    } catch (error) {
      // Whatever is wrong over there, we go on with what we have.
      this.#hasFailed = true;
      log.warn('keys of an issuer could not be fetched', { issuer, error });
    }
  }

  /** How long nothing is fetched yet. */
  get #waitMs(): number {
    const { cooldownMs } = this.#options;
    const pauseMs = this.#held === undefined ? Math.min(cooldownMs, RETRY_MS) : cooldownMs;
    return pauseMs - this.#since(this.#triedAt);
  }

  /** A clock that was set back says that time has passed, and not that there is time to wait. */
  #since(time: number): number {
    return Math.abs(this.#options.now() - time);
  }

  #unavailable(): Failure {
    return new Failure(
      'unavailable',
      'Tokens cannot be checked now: their issuer does not answer',
      {
        retryAfterMs: Math.max(1_000, this.#waitMs),
      },
    );
  }
}
