import type { CompactJWSHeaderParameters, JWTPayload } from 'jose';

import { isListOf, isNumber, isOptional, isShaped, isString } from '../../shared/shape.ts';
import type { Principal } from '../domain/principal.ts';

/** What a token says that is of use to us. */
export interface Verified {
  readonly caller: Principal;
  /** When it ends, in milliseconds since 1970, the leeway included. */
  readonly endsAt: number;
}

export interface ClaimsOptions {
  /** How far clocks may be apart. */
  readonly leewayMs: number;
  readonly now: number;
  /** Scopes that can be asked for. */
  readonly published: readonly string[];
}

/** RFC 9068 and RFC 7519. Tokens of any other kind, such as for logging out, are no access tokens (RFC 8725, 3.11). Many say nothing. */
const TYPES: ReadonlySet<unknown> = new Set(['at+jwt', 'jwt', undefined]);
/** As OpenID Connect (2) bounds it, and without what a log or a database could not keep as it is. */
const SUBJECT = /^[^\p{Cc}\p{Cs}]{1,255}$/u;

const isClaims = isShaped({
  iss: isString,
  sub: isString,
  exp: isNumber,
  iat: isOptional(isNumber),
});
const isStrings = isListOf(isString);

/**
 * Reads a token that is signed by its issuer, for us, and in its time. Returns what is wrong with it, in a few words that have nothing
 * of it in them, if it cannot be taken nonetheless.
 */
export function parseClaims(
  header: CompactJWSHeaderParameters,
  payload: JWTPayload,
  { leewayMs, now, published }: ClaimsOptions,
): Verified | string {
  if (!TYPES.has(header.typ?.toLowerCase().replace(/^application\//, ''))) return 'another typ';
  const { cnf, scope, scp } = payload;
  if (!isClaims(payload)) return 'no sub, or no time to end at';
  if (!SUBJECT.test(payload.sub)) return 'a sub that is empty, too long, or of odd characters';
  if (payload.iat !== undefined && payload.iat * 1_000 > now + leewayMs) return 'an iat to come';
  // It is only for who proves to have a key, and that we cannot check (RFC 7800).
  if (cnf !== undefined) return 'a cnf';
  const scopes = parseScopes(scope ?? scp);
  if (scopes === undefined) return 'a scope that is neither text nor list';
  const caller = {
    id: `jwt:${payload.iss} ${payload.sub}`,
    scopes,
    obtainable: new Set(published).difference(scopes),
  };
  return { caller, endsAt: payload.exp * 1_000 + leewayMs };
}

/** RFC 9068 has them in one text, with spaces between. Some issuers write a list. */
function parseScopes(given: unknown): ReadonlySet<string> | undefined {
  if (given === undefined) return new Set();
  if (isString(given)) return new Set(given.split(' ').filter((scope) => scope !== ''));
  return isStrings(given) ? new Set(given) : undefined;
}
