import { METADATA_PATHS } from './auth/protected-resource.ts';
import type { Authentication } from './authentication.ts';
import type { Principal } from './domain/principal.ts';
import { MCP_PATH, type Route } from './routes.ts';
import { allowPage } from './transport/cors.ts';
import type { Entrance } from './transport/entrance.ts';
import { sendJson } from './transport/http-reply.ts';

/** Where a page gets a ticket, with which it can open a WebSocket. */
const TICKET_PATH = `${MCP_PATH}/ticket`;
/** Whoever asks for the metadata may keep it for so long. */
const METADATA_AGE_S = 300;

/** What has to do with who asks, and is found at paths of its own: tickets, and how to get in at all. */
export function authenticationRoutes(
  authentication: Authentication,
  entrance: Entrance<Principal>,
): readonly Route[] {
  const { resource } = authentication;
  const tickets: Route = {
    path: TICKET_PATH,
    methods: ['POST', 'OPTIONS'],
    answer: async ({ request, response }) => {
      if (allowPage(request, response, 'POST, OPTIONS')) return;
      const admission = await entrance.admit(request);
      // With each somebody may ask for an upgrade.
      await entrance.admitSession(admission.caller);
      const ticket = await authentication.issueTicket(admission, request.headers.origin);
      sendJson(response, 201, ticket);
    },
  };
  if (resource === undefined) return [tickets];
  const metadata = METADATA_PATHS.map((path): Route => {
    return {
      path,
      methods: ['GET', 'HEAD', 'OPTIONS'],
      answer: ({ request, response }) => {
        if (allowPage(request, response, 'GET, HEAD, OPTIONS')) return;
        sendJson(response, 200, resource.metadata, {
          'cache-control': `public, max-age=${METADATA_AGE_S}`,
        });
      },
    };
  });
  return [tickets, ...metadata];
}
