import { Counter, Gauge, Histogram, Registry } from 'prom-client';

import { isMetricFamilies, type MetricFamily } from '../../shared/ipc.ts';
import { RpcCode } from '../protocol/errors.ts';
import { isRecord, type Request, type Response } from '../protocol/frame.ts';
import type { Ended } from '../protocol/requests.ts';
import { declarePool, declareVitals, type PoolCounts, type Vitals } from './gauges.ts';

/** How a call of a tool may end, as it is counted. */
type ToolOutcome =
  | 'ok'
  | 'tool_error'
  | 'invalid'
  | 'forbidden'
  | 'limited'
  | 'timeout'
  | 'cancelled'
  | 'unavailable'
  | 'quarantined'
  | 'internal';

export interface WorkerMetricsOptions {
  /** The only methods that are labels. All others are `_other`. */
  readonly methods: readonly string[];
  /** The only tools that are labels. All others are `_other`. */
  readonly tools: readonly string[];
  readonly pool: () => PoolCounts;
  readonly vitals: () => Vitals;
}

/** Seconds (OpenTelemetry, semantic conventions for MCP: both histograms). */
const BUCKETS_S = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300];
/** WebSocket runs over it, in the words of OpenTelemetry. */
const TRANSPORT = 'tcp';
/** A label's value for what callers made up. */
const OTHER = '_other';

const OUTCOMES: Readonly<Record<number, ToolOutcome>> = {
  [RpcCode.InvalidRequest]: 'invalid',
  [RpcCode.InvalidParams]: 'invalid',
  [RpcCode.Conflict]: 'invalid',
  [RpcCode.Unauthorized]: 'forbidden',
  [RpcCode.Forbidden]: 'forbidden',
  [RpcCode.Limited]: 'limited',
  [RpcCode.Unavailable]: 'unavailable',
  [RpcCode.Timeout]: 'timeout',
  422: 'quarantined',
};

/** Codes with which a socket is closed when all is well (RFC 6455 §7.4.1). */
const CLOSED_WELL: ReadonlySet<number> = new Set([1000, 1001, 1005, 1012]);
/** The others that are labels. An agent may make up its own. */
const CLOSE_CODES: ReadonlySet<number> = new Set([1002, 1003, 1006, 1007, 1008, 1009, 1011, 1013]);

/** What this worker counts of itself. It observes peers and transports, and is read now and then. */
export class WorkerMetrics {
  readonly #registry = new Registry();
  readonly #methods: ReadonlySet<string>;
  readonly #tools: ReadonlySet<string>;
  readonly #counted: Counted;

  constructor({ methods, tools, pool, vitals }: WorkerMetricsOptions) {
    this.#methods = new Set(methods);
    this.#tools = new Set(tools);
    this.#counted = declareCounted(this.#registry);
    declarePool(this.#registry, pool);
    declareVitals(this.#registry, vitals);
  }

  /** A request came. The function returned is told how it ended. */
  begin({ method, params }: Request): (ended: Ended) => void {
    const { operations, toolCalls } = this.#counted;
    const isCall = method === 'tools/call';
    const tool = isCall ? known(this.#tools, params.name) : '';
    const beganAt = performance.now();
    return ({ response, cancelled, revision = '' }) => {
      const labels = {
        mcp_method_name: known(this.#methods, method),
        gen_ai_tool_name: tool,
        error_type: cancelled ? 'cancelled' : errorTypeOf(response),
        network_transport: TRANSPORT,
        mcp_protocol_version: revision,
      };
      operations.observe(labels, secondsSince(beganAt));
      if (!isCall) return;
      const outcome = cancelled ? 'cancelled' : outcomeOf(response);
      toolCalls.inc({ gen_ai_tool_name: tool, outcome });
    };
  }

  /** A session was opened. The function returned is told how it was closed. */
  open(): (closed: { readonly code: number; readonly revision: string | undefined }) => void {
    const { sessions, sessionsOpen } = this.#counted;
    const openedAt = performance.now();
    sessionsOpen.inc();
    return ({ code, revision = '' }) => {
      sessionsOpen.dec();
      const labels = {
        network_transport: TRANSPORT,
        mcp_protocol_version: revision,
        error_type: closeErrorOf(code),
      };
      sessions.observe(labels, secondsSince(openedAt));
    };
  }

  /** A limit was reached. */
  refuse(limit: string): void {
    this.#counted.refusals.inc({ limit });
  }

  /** So much that should have been kept was not. */
  lose(what: 'audit' | 'sessions', count: number): void {
    this.#counted.lost.inc({ what }, count);
  }

  /** All that was counted so far. */
  async read(): Promise<readonly MetricFamily[]> {
    // What the package says of the type of `type` is not so, and therefore it is looked at.
    const families: unknown = await this.#registry.getMetricsAsJSON();
    if (!isMetricFamilies(families)) throw new TypeError('A metric is not finite');
    return families;
  }
}

type Counted = ReturnType<typeof declareCounted>;

function declareCounted(registry: Registry) {
  const registers = [registry];
  return {
    operations: new Histogram({
      name: 'mcp_server_operation_duration_seconds',
      help: 'Time from a request to its answer.',
      labelNames: [
        'mcp_method_name',
        'gen_ai_tool_name',
        'error_type',
        'network_transport',
        'mcp_protocol_version',
      ],
      buckets: BUCKETS_S,
      registers,
    }),
    sessions: new Histogram({
      name: 'mcp_server_session_duration_seconds',
      help: 'Time from the opening of a session to its end.',
      labelNames: ['network_transport', 'mcp_protocol_version', 'error_type'],
      buckets: BUCKETS_S,
      registers,
    }),
    sessionsOpen: new Gauge({
      name: 'mcp_server_sessions_open',
      help: 'Sessions that are open.',
      registers,
    }),
    toolCalls: new Counter({
      name: 'mcp_tool_calls_total',
      help: 'Calls of tools, by how they ended.',
      labelNames: ['gen_ai_tool_name', 'outcome'],
      registers,
    }),
    lost: new Counter({
      name: 'mcp_records_lost_total',
      help: 'Records that could not be kept: there was no room for more to wait.',
      labelNames: ['what'],
      registers,
    }),
    refusals: new Counter({
      name: 'mcp_limit_refusals_total',
      help: 'Times a limit was reached. At messages_per_s and bytes_per_s a socket is only read more slowly.',
      labelNames: ['limit'],
      registers,
    }),
  };
}

function secondsSince(at: number): number {
  return (performance.now() - at) / 1_000;
}

function known(names: ReadonlySet<string>, name: unknown): string {
  return typeof name === 'string' && names.has(name) ? name : OTHER;
}

/** What went wrong, or nothing. The kinds and codes of errors are all ours, and few. */
function errorTypeOf(response: Response): string {
  if ('result' in response) return isToolError(response.result) ? 'tool_error' : '';
  const { code, data } = response.error;
  return isRecord(data) && typeof data.kind === 'string' ? data.kind : String(code);
}

function outcomeOf(response: Response): ToolOutcome {
  if ('result' in response) return isToolError(response.result) ? 'tool_error' : 'ok';
  return OUTCOMES[response.error.code] ?? 'internal';
}

function isToolError(result: object): boolean {
  return 'isError' in result && result.isError === true;
}

function closeErrorOf(code: number): string {
  if (CLOSED_WELL.has(code)) return '';
  return CLOSE_CODES.has(code) ? String(code) : OTHER;
}
