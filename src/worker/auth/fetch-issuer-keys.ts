import type { JSONWebKeySet } from 'jose';

import { isLoopback } from '../../shared/loopback.ts';
import { type Guard, isListOf, isShaped, isString } from '../../shared/shape.ts';

/** Some keys are 2 KB. What is longer than this was not meant for us, or is meant to fill our memory. */
const BYTES_MAX = 262_144;

const isMetadata = isShaped({ issuer: isString, jwks_uri: isString });
const isKeySet: Guard<JSONWebKeySet> = (value): value is JSONWebKeySet =>
  isShaped({ keys: isListOf(isShaped({})) })(value);

/**
 * Fetches the keys of an issuer from where its metadata says they are. The metadata counts only if it is of that very issuer
 * (RFC 8414, 3.3). No redirect is followed, so that nothing is asked but what the configured issuer named itself.
 * Throws if they cannot be had.
 */
export async function fetchIssuerKeys(issuer: string, signal: AbortSignal): Promise<JSONWebKeySet> {
  const address = await findKeysAddress(issuer, signal);
  if (!isTrustworthy(address, issuer)) {
    throw new Error(`${issuer} has its keys where anybody could change them on the way`);
  }
  const keys = await findJson(address, signal);
  if (!isKeySet(keys)) throw new Error(`There are no keys at ${address}`);
  return keys;
}

async function findKeysAddress(issuer: string, signal: AbortSignal): Promise<string> {
  for (const url of metadataUrlsOf(issuer)) {
    const found = await findJson(url, signal);
    // Some servers answer what they do not know with a page, or with what is meant for another.
    if (isMetadata(found) && found.issuer === issuer) return found.jwks_uri;
  }
  throw new Error(
    `There is no metadata with jwks_uri, and with the issuer being ${issuer} exactly`,
  );
}

/** RFC 8414 and OpenID Connect Discovery, in the order that MCP 2026-07-28 (authorization server discovery) gives. */
function metadataUrlsOf(issuer: string): ReadonlySet<string> {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, '');
  return new Set([
    `${origin}/.well-known/oauth-authorization-server${path}`,
    `${origin}/.well-known/openid-configuration${path}`,
    `${origin}${path}/.well-known/openid-configuration`,
  ]);
}

/** Over plain HTTP keys come from this machine only, and to an issuer on it. */
function isTrustworthy(address: string, issuer: string): boolean {
  const url = URL.parse(address);
  if (url?.protocol !== 'http:') return url?.protocol === 'https:';
  return isLoopback(url.hostname) && new URL(issuer).protocol === 'http:';
}

/** What is at an address, if it is JSON. Throws if nobody answers there, or too much. */
async function findJson(url: string, signal: AbortSignal): Promise<unknown> {
  const headers = { accept: 'application/json' };
  const response = await fetch(url, { signal, headers, redirect: 'manual' });
  if (response.status !== 200) {
    await response.body?.cancel();
    return undefined;
  }
  const text = await readText(response);
  try {
    return JSON.parse(text);
  } catch {
    // It throws where a text is not JSON, and for nothing else. What it says has a part of the text in it.
    return undefined;
  }
}

async function readText({ body, url }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength;
    // To leave the loop is to give up the rest.
    if (bytes > BYTES_MAX) throw new Error(`There are over ${BYTES_MAX} bytes at ${url}`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
