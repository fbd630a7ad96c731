import type { IncomingHttpHeaders } from 'node:http';

import { type Addressed, findMisaddressed } from '../../shared/hosts.ts';
import { isLoopback } from '../../shared/loopback.ts';

export interface GuardOptions {
  /** Origins of pages that are let in, exactly as browsers send them. */
  readonly origins: readonly string[];
  /** Whether pages from this machine are let in too. */
  readonly loopback: boolean;
  /** Names that a request may be addressed to, beside addresses and localhost. */
  readonly hosts: readonly string[];
}

/** The part of a request that tells where it comes from, and whom it is for. */
export interface Approach extends Addressed {
  readonly headers: IncomingHttpHeaders;
}

/** Why a request is turned down, whatever it asks for. */
export interface Rebuff {
  readonly status: 400 | 403 | 421;
  readonly detail: string;
}

/**
 * Says why a request is turned down before it is looked at what it asks for, if it is: for the page it comes from, or
 * for the host it is addressed to. Who asks, and what they may do, never depends on either.
 */
export function rebuff(request: Approach, options: GuardOptions): Rebuff | undefined {
  if (!isOriginAllowed(request.headers.origin, options)) {
    return { status: 403, detail: 'This origin is not allowed' };
  }
  return findMisaddressed(request, options.hosts);
}

/**
 * Only browsers send an origin: a program without is let pass (MCP 2025-11-25, transports: servers must check `Origin`,
 * against DNS rebinding).
 */
function isOriginAllowed(origin: string | undefined, { origins, loopback }: GuardOptions): boolean {
  if (origin === undefined || origins.includes(origin)) return true;
  const url = URL.parse(origin);
  // No browser says it otherwise than in this form.
  if (!loopback || url === null || url.origin !== origin) return false;
  if (!['http:', 'https:'].includes(url.protocol)) return false;
  return isLoopback(url.hostname.replace(/^\[(.*)\]$/, '$1'));
}
