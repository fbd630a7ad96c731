import { isLoopback } from '../../shared/config.ts';

export interface OriginOptions {
  /** Origins that are let in, exactly as browsers send them. */
  readonly allowed: readonly string[];
  /** Whether pages from this machine are let in too. */
  readonly loopback: boolean;
}

/**
 * Whether a page of this origin may connect. Only browsers send one: a program without is let pass
 * here (MCP 2025-11-25, transports: servers must check `Origin`, against DNS rebinding).
 */
export function isOriginAllowed(
  origin: string | undefined,
  { allowed, loopback }: OriginOptions,
): boolean {
  if (origin === undefined || allowed.includes(origin)) return true;
  const url = URL.parse(origin);
  if (!loopback || url === null || !['http:', 'https:'].includes(url.protocol)) return false;
  return isLoopback(url.hostname.replace(/^\[(.*)\]$/, '$1'));
}
