import { randomUUID } from 'node:crypto';

import { type Guard, isShaped, isString } from '../../shared/shape.ts';
import type { AdministrativeEntry } from '../administrative-entry.ts';
import { type Answer, json, problem } from './answer.ts';
import { readinessOf } from './conditions.ts';
import { EVENTS_MAX, type EventLog } from './event-log.ts';
import type { Access } from './gate.ts';
import { checksOf, healthOf } from './health.ts';
import type { AdminSource, Outcome } from './source.ts';
import { quarantinedOf, stateOf } from './state.ts';
import { toolsDetailsOf } from './tools-state.ts';
import type { View } from './view.ts';

/** A request, as far as a route may see it. */
interface Exchange {
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** What stands in the place of `{…}` in the path. */
  readonly parameter: string;
  readonly body: string;
  /** Who asks. */
  readonly address: string | undefined;
}

/** One thing that can be asked for, or ordered. */
export interface Route {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly access: Access;
  readonly answer: (exchange: Exchange) => Answer | Promise<Answer>;
}

export interface RoutesOptions {
  readonly source: AdminSource;
  readonly look: () => View;
  readonly events: EventLog;
  readonly redacted: (value: unknown) => unknown;
  readonly metrics: { readonly contentType: string; readonly render: () => Promise<string> };
  /** Told of each order that was accepted. */
  readonly onOperation: (operation: string, name: string) => void;
  /** Told of each order, whatever became of it. */
  readonly audit: (entry: AdministrativeEntry) => void;
}

/** What became of an order, and what it was about. */
interface Ordered {
  readonly outcome: Outcome | Answer;
  readonly subject?: string;
}

const WORKERS_MAX = 256;
const HEALTH_TYPE = 'application/health+json';
const REFUSED = {
  busy: problem(409, 'Another order is being carried out'),
  unfit: problem(409, 'The configuration is wrong by now: the log says why'),
  unknown: problem(404, 'There is no such slot, or no such call under quarantine'),
  'no-previous': problem(409, 'No tools were served before these'),
} as const;
/** Tools are what MCP_TOOLS names on this machine: nobody brings any over the network. */
const BODY_REFUSED = problem(400, 'This order has no body: tools come from MCP_TOOLS alone');

const isWorkerCount: Guard<number> = (value): value is number =>
  Number.isInteger(value) && Number(value) >= 1 && Number(value) <= WORKERS_MAX;
const isScale = isShaped({ workers: isWorkerCount });
const isRelease = isShaped({ release: isString });

/** Everything that operators can ask for. Answers come from memory, and never from a worker: a hung one must not hold them up. */
export function routesOf(options: RoutesOptions): readonly Route[] {
  return [...probesOf(options), ...readingsOf(options), ...ordersOf(options)];
}

function probesOf({ look, redacted }: RoutesOptions): Route[] {
  const probe = (path: string, answer: Route['answer']): Route => {
    return { method: 'GET', path, access: 'anyone', answer };
  };
  return [
    probe('/livez', () => json(200, { status: 'alive' })),
    probe('/startupz', () =>
      look().snapshot.started
        ? json(200, { status: 'started' })
        : json(503, { status: 'starting' }),
    ),
    probe('/readyz', ({ query }) => {
      const { snapshot, facts } = look();
      const { status, reason, message } = readinessOf(snapshot);
      const isReady = status === 'True';
      const checks = query.has('verbose') ? { checks: checksOf(snapshot, facts.now) } : {};
      const body = { status: isReady ? 'ready' : 'unavailable', reason, message, ...checks };
      return json(isReady ? 200 : 503, redacted(body));
    }),
    probe('/healthz', () => {
      const { snapshot, facts } = look();
      const health = healthOf(snapshot, facts);
      return json(health.status === 'fail' ? 503 : 200, redacted(health), HEALTH_TYPE);
    }),
  ];
}

function readingsOf({ source, look, events, redacted, metrics }: RoutesOptions): Route[] {
  const reading = (path: string, answer: Route['answer']): Route => {
    return { method: 'GET', path, access: 'local', answer };
  };
  return [
    reading('/metrics', async () => ({
      kind: 'document',
      status: 200,
      contentType: metrics.contentType,
      body: await metrics.render(),
    })),
    reading('/supervisor/state', () => {
      const { snapshot, facts } = look();
      return json(200, redacted(stateOf(snapshot, facts)));
    }),
    reading('/supervisor/events', (exchange) => eventsSince(exchange, events)),
    reading('/supervisor/fatal', () => {
      const { fatal } = look().facts;
      return fatal === undefined
        ? problem(404, 'There is no fatal report, of this run or an earlier one')
        : json(200, redacted(fatal));
    }),
    reading('/supervisor/tools', () => json(200, redacted(toolsDetailsOf(source.tools())))),
    reading('/supervisor/quarantine', () =>
      json(200, { quarantine: look().snapshot.quarantine.map(quarantinedOf) }),
    ),
  ];
}

function eventsSince({ query, headers }: Exchange, events: EventLog): Answer {
  const since = parseCount(query.get('since') ?? String(headers['last-event-id'] ?? 0));
  const limit = parseCount(query.get('limit') ?? String(EVENTS_MAX));
  if (since === undefined || limit === undefined) {
    return problem(400, '"since" and "limit" are whole numbers, 0 and up');
  }
  if (String(headers.accept ?? '').includes('text/event-stream')) return { kind: 'events', since };
  return json(200, { lastSeq: events.lastSeq, events: events.since(since, limit) });
}

function ordersOf({ source, events, onOperation, audit }: RoutesOptions): Route[] {
  const order = (path: string, action: string, give: (exchange: Exchange) => Ordered): Route => {
    const answer = (exchange: Exchange): Answer => {
      const { lastSeq } = events;
      const { outcome, subject } = give(exchange);
      const { address } = exchange;
      audit({ kind: 'administration', address, action, subject, outcome: wordOf(outcome) });
      if (outcome !== 'accepted') return typeof outcome === 'string' ? REFUSED[outcome] : outcome;
      const operation = randomUUID();
      onOperation(operation, path);
      return json(202, { operation, events: `/supervisor/events?since=${lastSeq}` });
    };
    return { method: 'POST', path, access: 'token', answer };
  };
  return [
    order('/supervisor/reload', 'reload', () => ({ outcome: source.reload() })),
    order('/supervisor/drain', 'drain', () => ({ outcome: source.drain() })),
    order('/supervisor/workers/{slot}/recycle', 'recycle', ({ parameter }) => {
      const slot = parseCount(parameter);
      return {
        subject: `slot ${parameter}`,
        outcome: slot === undefined ? 'unknown' : source.recycle(slot),
      };
    }),
    order('/supervisor/tools/reload', 'tools reload', ({ body }) => ({
      outcome: body === '' ? source.reloadTools() : BODY_REFUSED,
    })),
    order('/supervisor/tools/rollback', 'tools rollback', ({ body }) => ({
      outcome: body === '' ? source.rollBackTools() : BODY_REFUSED,
    })),
    order('/supervisor/scale', 'scale', ({ body }) => {
      const parsed = parseJson(body);
      if (isScale(parsed)) {
        return { subject: `${parsed.workers} workers`, outcome: source.scale(parsed.workers) };
      }
      return {
        outcome: problem(400, `The body is {"workers": n}, with n from 1 to ${WORKERS_MAX}`),
      };
    }),
    order('/supervisor/quarantine', 'release', ({ body }) => {
      const parsed = parseJson(body);
      if (isRelease(parsed)) {
        return { subject: parsed.release, outcome: source.release(parsed.release) };
      }
      return { outcome: problem(400, 'The body is {"release": "<fingerprint>"}') };
    }),
  ];
}

/** How the audit calls what became of an order. */
function wordOf(outcome: Outcome | Answer): string {
  if (typeof outcome !== 'string') return 'invalid';
  return outcome === 'accepted' ? 'ok' : outcome;
}

function parseCount(text: string): number | undefined {
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
