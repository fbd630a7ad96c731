import { isIP } from 'node:net';

import { headerValues } from './raw-headers.ts';

/** The part of a request that says whom it is for. */
export interface Addressed {
  readonly url?: string | undefined;
  /** Names and values in turn, as they came: what is said twice is in no other list twice. */
  readonly rawHeaders: readonly string[];
}

/** How a request is answered that is addressed to nobody, or to somebody else. */
export interface Misaddressed {
  readonly status: 400 | 421;
  readonly detail: string;
}

const TARGET_PROTOCOLS: ReadonlySet<string> = new Set(['http:', 'https:', 'ws:', 'wss:']);

/**
 * Says what is wrong with whom a request is addressed to, if anything is: there must be one `Host`, which says an
 * address, localhost, or one of the names given, and a target in absolute form must say the same one (RFC 9112 §3.2).
 * A page whose name was bent to our address says that name (DNS rebinding).
 */
export function findMisaddressed(
  { url = '/', rawHeaders }: Addressed,
  names: readonly string[],
): Misaddressed | undefined {
  const [host, another] = headerValues(rawHeaders, 'host');
  if (host === undefined || another !== undefined) {
    return { status: 400, detail: 'A request has one Host, and no second one' };
  }
  if (!url.startsWith('/') && url !== '*' && !isSameHost(url, host)) {
    return { status: 400, detail: 'The target and Host do not say the same' };
  }
  if (isHostExpected(host, names)) return undefined;
  return {
    status: 421,
    detail: 'This host is not expected. Ask by address, or add its name to MCP_HOSTS',
  };
}

function isSameHost(target: string, host: string): boolean {
  const url = URL.parse(target);
  if (url === null || !TARGET_PROTOCOLS.has(url.protocol) || url.username !== '') return false;
  // A port may be left out where it is the usual one.
  return URL.parse(`${url.protocol}//${host}`)?.host === url.host;
}

function isHostExpected(host: string, names: readonly string[]): boolean {
  const [, bracketed, plain] = /^(?:\[([\da-f:.]+)\]|([\w.-]+))(?::\d{1,5})?$/i.exec(host) ?? [];
  const name = (bracketed ?? plain ?? '').toLowerCase();
  if (isIP(name) !== 0 || name === 'localhost') return true;
  return name !== '' && names.some((expected) => expected.toLowerCase() === name);
}
