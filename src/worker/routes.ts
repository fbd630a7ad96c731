import type { IncomingMessage, ServerResponse } from 'node:http';

import { sendProblem } from '../shared/problem.ts';
import type { RequestTarget } from '../shared/request-target.ts';
import type { HealthCheck } from './observe/health.ts';
import { sendJson } from './transport/http-reply.ts';
import type { StreamableHttp } from './transport/streamable-http.ts';

/** A request, and where its answer goes. */
interface Asked {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly target: RequestTarget;
}

/** What is found at one path of the agents' port. Who asks for it was let in by the guard. */
export interface Route {
  readonly path: string;
  /** Any other is refused with 405. Absent: the route says so itself. */
  readonly methods?: readonly string[];
  readonly answer: (asked: Asked) => void | Promise<void>;
}

export interface RoutesOptions<Caller> {
  readonly health: HealthCheck;
  readonly streamable: Pick<StreamableHttp<Caller>, 'handle'>;
}

/** Where MCP is spoken. */
export const MCP_PATH = '/mcp';
const READING = ['GET', 'HEAD'] as const;

/** What is always there. */
export function routesOf<Caller>({ health, streamable }: RoutesOptions<Caller>): readonly Route[] {
  const tellHealth = ({ response, target }: Asked): void => {
    const found = health.check({ verbose: target.query.has('verbose') });
    if (found.status === 'ready') sendJson(response, 200, found);
    else sendJson(response, 503, found, { 'retry-after': '1' });
  };
  return [
    {
      path: '/livez',
      methods: READING,
      answer: ({ response }) => {
        sendJson(response, 200, { status: 'alive' });
      },
    },
    { path: '/readyz', methods: READING, answer: tellHealth },
    { path: '/health', methods: READING, answer: tellHealth },
    {
      path: MCP_PATH,
      answer: ({ request, response }) => streamable.handle(request, response),
    },
    {
      path: '/',
      answer: ({ response }) => {
        const detail = `MCP is spoken over WebSocket here, and over HTTP at ${MCP_PATH}`;
        sendProblem(response, 426, detail, { upgrade: 'websocket' });
      },
    },
  ];
}
