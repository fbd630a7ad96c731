import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';

import { isLoopback } from '../../shared/config.ts';

/** Who may ask: anyone, whoever is on this machine or shows the token, or whoever shows the token. */
export type Access = 'anyone' | 'local' | 'token';

/** The part of a request that tells who asks. */
export interface Asking {
  readonly remoteAddress: string | undefined;
  readonly headers: IncomingHttpHeaders;
}

/** Why a request is turned down. */
export interface Refusal {
  readonly status: 401 | 403;
  readonly detail: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** What a proxy adds. A request that passed one comes from somewhere else than its socket. */
const PROXY_HEADERS = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'] as const;

/** Says why a request is turned down, whatever it asks for: no page may, nor one that a name was bent for (DNS rebinding). */
export function refuseForeign({ headers }: Asking, hosts: readonly string[]): Refusal | undefined {
  if (headers.origin !== undefined) return forbid('Web pages may not ask here');
  if (headers.host !== undefined && !isHostExpected(headers.host, hosts)) {
    return forbid('This host is not expected. Ask by address, or add its name to MCP_HOSTS');
  }
  return undefined;
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

function forbid(detail: string): Refusal {
  return { status: 403, detail, headers: {} };
}

function isHostExpected(host: string, hosts: readonly string[]): boolean {
  const [, bracketed, plain] = /^(?:\[([\da-f:.]+)\]|([\w.-]+))(?::\d{1,5})?$/i.exec(host) ?? [];
  const name = (bracketed ?? plain ?? '').toLowerCase();
  if (isIP(name) !== 0 || name === 'localhost') return true;
  return name !== '' && hosts.some((expected) => expected.toLowerCase() === name);
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
