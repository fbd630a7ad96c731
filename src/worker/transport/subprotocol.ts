import type { IncomingMessage } from 'node:http';

import { findRevision } from '../protocol/revisions.ts';

const PLAIN = 'mcp';
const OF_REVISION = 'mcp.version.';

/**
 * The subprotocol for a socket, of those that were offered: `mcp`, which all clients but one know, else one that
 * names a revision we speak. It binds nobody to that revision. Nothing, if there is none of the kind.
 */
export function selectSubprotocol(offered: readonly string[]): string | undefined {
  if (offered.includes(PLAIN)) return PLAIN;
  return offered.find(
    (name) =>
      name.startsWith(OF_REVISION) && findRevision(name.slice(OF_REVISION.length)) !== undefined,
  );
}

/** The subprotocols that a request offers; nothing if it offers none at all. */
export function subprotocolsOf({ headers }: IncomingMessage): readonly string[] | undefined {
  return headers['sec-websocket-protocol']?.split(',').map((name) => name.trim());
}
