/** How MCP is spoken: the same to all servers that speak it. */
import type { OpenChannel } from '../load/channel.ts';
import { httpChannels } from '../load/http.ts';
import { webSocketChannels } from '../load/web-socket.ts';
import { GREETING, LEGACY, legacyRequest, modernRequest } from '../requests.ts';
import type { Case } from '../rows.ts';

/** A session over WebSocket. */
export function overSocket(path: string): (of: Case) => OpenChannel {
  return ({ asked }) =>
    webSocketChannels({ path, greeting: GREETING, request: legacyRequest(asked) });
}

/** No session, over WebSocket: each request says all by itself. */
export function overSocketModern(path: string): (of: Case) => OpenChannel {
  return ({ asked }) =>
    webSocketChannels({ path, greeting: [], request: modernRequest(asked).request });
}

/** A session over Streamable HTTP. */
export function overHttp(path: string): (of: Case) => OpenChannel {
  return ({ asked, shape: { window } }) =>
    httpChannels({
      path,
      headers: { 'MCP-Protocol-Version': LEGACY },
      greeting: GREETING,
      request: legacyRequest(asked),
      window,
    });
}

/** No session, over Streamable HTTP. */
export function overHttpModern(path: string): (of: Case) => OpenChannel {
  return ({ asked, shape: { window } }) =>
    httpChannels({ path, greeting: [], ...modernRequest(asked), window });
}
