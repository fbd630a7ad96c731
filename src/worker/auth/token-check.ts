import { hash } from 'node:crypto';

import { decodeJwt, errors, jwtVerify } from 'jose';
import { LRUCache } from 'lru-cache';

import { Failure } from '../../shared/errors.ts';
import type { JwtIdentity } from '../../shared/identity.ts';
import type { Logger } from '../../shared/logger.ts';
import type { Admission } from '../domain/admission.ts';
import type { Principal } from '../domain/principal.ts';
import { IssuerKeys, STALE_MS } from './issuer-keys.ts';
import type { Standings } from './standings.ts';
import { parseClaims, type Verified } from './token-claims.ts';

export interface TokenCheckOptions {
  readonly identity: JwtIdentity;
  readonly standings: Standings;
  /** The time, in milliseconds since 1970. */
  readonly now: () => number;
  readonly log: Logger;
}

/** The longest token that is looked at. All headers of a request together may not be longer. */
const TOKEN_LENGTH_MAX = 16_384;
/** How many tokens are remembered, and how long they may be together: what is kept of one grows with its scopes. */
const REMEMBERED_MAX = 10_000;
const REMEMBERED_LENGTH_MAX = 16_777_216;

/** Lets in who shows a JSON Web Token of an issuer that we trust (RFC 9068, and RFC 8725 for what to beware of). */
export class TokenCheck {
  readonly #options: TokenCheckOptions;
  readonly #keys: ReadonlyMap<string | undefined, IssuerKeys>;
  /** By SHA-256: a token is kept nowhere. */
  readonly #remembered: LRUCache<string, Verified>;

  constructor(options: TokenCheckOptions) {
    const { identity, now, log } = options;
    const { cooldownMs } = identity;
    this.#options = options;
    this.#remembered = new LRUCache({
      max: REMEMBERED_MAX,
      maxSize: REMEMBERED_LENGTH_MAX,
      // The key that it was signed with may have been withdrawn meanwhile.
      ttl: STALE_MS,
      ttlResolution: 0,
      perf: { now },
    });
    this.#keys = new Map(
      identity.issuers.map((issuer) => [issuer, new IssuerKeys({ issuer, cooldownMs, now, log })]),
    );
  }

  known(token: string): Admission<Principal> | undefined {
    const id = idOf(token);
    const verified = this.#remembered.get(id);
    return verified === undefined || verified.endsAt <= this.#options.now()
      ? undefined
      : this.#admit(id, verified);
  }

  /**
   * Lets in who shows this token. Throws a `Failure`: `unauthorized` with one and the same text whatever is wrong with it, or
   * `unavailable` if its issuer's keys cannot be had. One that was let in a while ago is let in without a look at its signature.
   */
  async admit(token: string): Promise<Admission<Principal>> {
    if (token.length > TOKEN_LENGTH_MAX) throw this.#refuse('too long');
    const id = idOf(token);
    const remembered = this.#remembered.get(id);
    const verified = remembered ?? (await this.#verify(token));
    if (verified.endsAt <= this.#options.now()) throw this.#refuse('has expired');
    if (remembered === undefined) this.#remembered.set(id, verified, { size: token.length });
    return this.#admit(id, verified);
  }

  #admit(id: string, { caller, endsAt: expiresAt }: Verified): Admission<Principal> {
    const ended = this.#options.standings.signalOf(id, expiresAt);
    return { caller, credential: { id, expiresAt }, ended };
  }

  async #verify(token: string): Promise<Verified> {
    const { identity, now } = this.#options;
    const { audiences, algorithms, leewayMs, scopes: published } = identity;
    const time = now();
    try {
      const { iss: issuer } = decodeJwt(token);
      const keys = this.#keys.get(issuer);
      if (issuer === undefined || keys === undefined) throw this.#refuse('another issuer');
      const { payload, protectedHeader } = await jwtVerify(
        token,
        (header, signed) => keys.find(header, signed),
        {
          issuer,
          audience: [...audiences],
          algorithms: [...algorithms],
          clockTolerance: leewayMs / 1_000,
          currentDate: new Date(time),
        },
      );
      const verified = parseClaims(protectedHeader, payload, { leewayMs, now: time, published });
      if (typeof verified === 'string') throw this.#refuse(verified);
      return verified;
    } catch (error) {
      if (error instanceof Failure) throw error;
      throw this.#refuse(reasonOf(error));
    }
  }

  /** Why is for the operator. Whoever guesses learns nothing of how near it came. */
  #refuse(reason: string): Failure {
    this.#options.log.debug('token refused', { reason });
    return new Failure('unauthorized', 'This token is not valid here', {
      cause: new Error(reason),
    });
  }
}

/** What jose says has nothing of the token in it; the causes that it names have parts of it. All else is WebCrypto, of a key. */
function reasonOf(error: unknown): string {
  return error instanceof errors.JOSEError ? error.message : 'a key that cannot be used';
}

function idOf(token: string): string {
  return hash('sha256', token, 'hex');
}
