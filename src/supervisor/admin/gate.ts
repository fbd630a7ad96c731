import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

import { type Addressed, findMisaddressed } from '../../shared/hosts.ts';
import { isLoopback } from '../../shared/loopback.ts';

/** Who may ask: anyone, whoever is on this machine or shows the token, or whoever shows the token. */
export type Access = 'anyone' | 'local' | 'token';

/** The part of a request that tells who asks, and whom. */
export interface Asking extends Addressed {
  readonly remoteAddress: string | undefined;
  readonly headers: IncomingHttpHeaders;
}

/** Why a request is turned down. */
export interface Refusal {
  readonly status: 400 | 401 | 403 | 421;
  readonly detail: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** What a proxy adds. A request that passed one comes from somewhere else than its socket. */
const PROXY_HEADERS = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'] as const;

/** Says why a request is turned down, whatever it asks for: no page may ask, nor may what is addressed to somebody else. */
export function refuseForeign(asking: Asking, hosts: readonly string[]): Refusal | undefined {
  if (asking.headers.origin !== undefined) {
    return { status: 403, detail: 'Web pages may not ask here', headers: {} };
  }
  const misaddressed = findMisaddressed(asking, hosts);
  return misaddressed && { ...misaddressed, headers: {} };
}

/** Says why a request may not have what it asks for. */
export function refuseStranger(asking: Asking, access: Access, token: string): Refusal | undefined {
  if (access === 'anyone' || (access === 'local' && isLocal(asking))) return undefined;
  const shown = /^bearer +(\S+) *$/i.exec(asking.headers.authorization ?? '')?.[1];
  if (shown !== undefined && isSame(shown, token)) return undefined;
  return {
    status: 401,
    detail: `${shown === undefined ? 'A token is needed' : 'This is not the token'}: MCP_ADMIN_TOKEN, or admin-token in the state folder`,
    headers: { 'www-authenticate': 'Bearer' },
  };
}

function isLocal({ remoteAddress = '', headers }: Asking): boolean {
  if (PROXY_HEADERS.some((name) => headers[name] !== undefined)) return false;
  return isLoopback(remoteAddress.replace(/^::ffff:/i, ''));
}

/** Takes as long whether they differ early or late, or in length. */
function isSame(shown: string, token: string): boolean {
  return timingSafeEqual(digest(shown), digest(token));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
