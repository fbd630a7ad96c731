import type { IncomingMessage } from 'node:http';

import { parseTarget } from '../../shared/request-target.ts';

const OF_CREDENTIAL = 'mcp.auth.';
const TICKET = 'ticket';

/** What a page may show when it opens a WebSocket, for which it can set no headers. */
export interface ShownByPage {
  /** Something that is good once, in the query. */
  readonly ticket: string | undefined;
  /** A key or a token, in the name of a subprotocol: `mcp.auth.<key>`. */
  readonly subprotocol: string | undefined;
}

/** Reads what a page shows with an upgrade. */
export function shownByPage({ url, headers }: IncomingMessage): ShownByPage {
  const { query } = parseTarget(url);
  const offered = headers['sec-websocket-protocol']?.split(',').map((name) => name.trim());
  const named = offered?.find((name) => name.startsWith(OF_CREDENTIAL));
  return {
    ticket: query.get(TICKET) ?? undefined,
    subprotocol: named?.slice(OF_CREDENTIAL.length),
  };
}
