import type { IncomingMessage } from 'node:http';

import { Failure } from '../../shared/errors.ts';
import { headerValues } from '../../shared/raw-headers.ts';
import { parseTarget } from '../../shared/request-target.ts';

/** What a request is looked at for. */
export type Bearing = Pick<IncomingMessage, 'headers' | 'rawHeaders' | 'url'>;

/** RFC 6750, 2.1: the scheme is of any case, as all are. */
const BEARER = /^bearer +([\w\-.~+/]+=*)$/i;
/** Names under which tokens were seen in addresses elsewhere. RFC 6750 has the first. */
const IN_ADDRESSES: ReadonlySet<string> = new Set(['access_token', 'token', 'api_key']);
/** Three parts, of which the last is empty where nothing is signed. Keys of ours have no dots. */
const JSON_WEB_TOKEN = /^[\w-]+\.[\w-]+\.[\w-]*$/;

/**
 * Finds what a request shows in its `Authorization` header. Throws a `Failure`: `invalid` if that is no bearer token, or there are several
 * such headers, and `unauthorized` if the address has something like a token in it, whatever that is. Addresses are logged by everything
 * on the way, so that what was there must not be of use (MCP 2026-07-28, authorization: access token usage).
 */
export function findBearer({ headers, rawHeaders, url = '/' }: Bearing): string | undefined {
  if (url.includes('?')) refuseInAddress(url);
  const { authorization: shown } = headers;
  if (shown === undefined) return undefined;
  const [, credential] = BEARER.exec(shown) ?? [];
  if (credential === undefined || headerValues(rawHeaders, 'authorization').length > 1) {
    throw new Failure(
      'invalid',
      'Authorization has to be one header: Bearer, a space, and a token',
    );
  }
  return credential;
}

function refuseInAddress(url: string): void {
  for (const name of parseTarget(url).query.keys()) {
    if (!IN_ADDRESSES.has(name.toLowerCase())) continue;
    throw new Failure(
      'unauthorized',
      'A token belongs in the Authorization header, not in the URL',
    );
  }
}

/** Whether something shown is meant to be a JSON Web Token, and not a key of ours. */
export function isJsonWebToken(credential: string): boolean {
  return JSON_WEB_TOKEN.test(credential);
}
