import { isMetricFamilies, type MetricFamily } from '../../shared/ipc.ts';
import { Counter, Gauge, Histogram, Registry } from '../../shared/prometheus.ts';
import type { Request } from '../protocol/frame.ts';
import type { Ended } from '../protocol/requests.ts';
import { closeErrorOf, errorTypeOf, OTHER, outcomeOf } from './endings.ts';
import {
  declareHeldBack,
  declarePool,
  declareVitals,
  type PoolCounts,
  type Vitals,
} from './gauges.ts';
import type { MountedCounts } from './mounted.ts';
import { BUCKETS_S, Operations, TRANSPORT } from './operations.ts';
import { declareToolCounts, type ToolCounts } from './tool-counts.ts';

/** How a call of a tool whose answers are kept may be answered, as it is counted. */
type CacheOutcome = 'hit' | 'stale' | 'miss' | 'shared' | 'bypass' | 'error';

export interface WorkerMetricsOptions {
  /** The only methods that are labels. All others are `_other`. */
  readonly methods: readonly string[];
  /** Whether that is a tool of ours. Only those are labels. All others are `_other`. */
  readonly isTool: (name: string) => boolean;
  /** How many tools are not as they were approved. */
  readonly heldBack: () => number;
  readonly pool: () => PoolCounts;
  readonly vitals: () => Vitals;
  readonly mounted: MountedCounts;
}

/** What this worker counts of itself. It observes peers and transports, and is read now and then. */
export class WorkerMetrics {
  readonly #registry = new Registry();
  readonly #operations = new Operations();
  readonly #isMethod: (name: string) => boolean;
  readonly #isTool: (name: string) => boolean;
  readonly #counted: Counted;
  readonly #ofTools: ToolCounts;

  constructor({ methods, isTool, heldBack, pool, vitals, mounted }: WorkerMetricsOptions) {
    const served = new Set(methods);
    this.#isMethod = (name) => served.has(name);
    this.#isTool = isTool;
    this.#operations.declare(this.#registry);
    this.#counted = declareCounted(this.#registry);
    this.#ofTools = declareToolCounts(this.#registry);
    declareHeldBack(this.#registry, heldBack);
    declarePool(this.#registry, pool);
    declareVitals(this.#registry, vitals);
    mounted.declare(this.#registry);
  }

  /** A request came. The function returned is told how it ended. */
  begin({ method, params }: Request): (ended: Ended) => void {
    const isCall = method === 'tools/call';
    const operation = isCall
      ? this.#operations.ofTool(known(this.#isTool, params.name))
      : this.#operations.ofMethod(known(this.#isMethod, method));
    const beganAt = performance.now();
    return ({ response, cancelled, revision = '' }) => {
      const errorType = cancelled ? 'cancelled' : errorTypeOf(response);
      operation.end({ errorType, revision, durationS: secondsSince(beganAt) });
      if (isCall) operation.count(cancelled ? 'cancelled' : outcomeOf(response));
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
  lose(what: 'audit' | 'sessions' | 'call_lines', count: number): void {
    this.#counted.lost.inc({ what }, count);
  }

  /** So many more calls wait for a tool. */
  wait(tool: string, more: 1 | -1): void {
    this.#ofTools.waiting.inc(this.#labelOf(tool), more);
  }

  /** A tool takes no calls, or takes them again. */
  stick(tool: string, isStuck: boolean): void {
    this.#ofTools.stuck.inc(this.#labelOf(tool), isStuck ? 1 : -1);
  }

  /** A tool is tried again. */
  retry(tool: string): void {
    this.#ofTools.retries.inc(this.#labelOf(tool));
  }

  /** A tool kept the event loop for so long. */
  delay(tool: string, ms: number): void {
    this.#ofTools.delays.inc(this.#labelOf(tool), ms / 1_000);
  }

  /** A prototype that all code shares was changed: by that tool, if it is known by which. */
  litter(tool: string | undefined): void {
    this.#ofTools.litter.inc(this.#labelOf(tool));
  }

  /** A thread was ended by a tool, or because of it. */
  endThread(tool: string, why: string): void {
    this.#ofTools.threadsEnded.inc({ ...this.#labelOf(tool), reason: why });
  }

  /** A notification was not sent. */
  drop(method: 'notifications/progress' | 'notifications/message'): void {
    this.#ofTools.dropped.inc({ mcp_method_name: method });
  }

  #labelOf(tool: string | undefined): { readonly gen_ai_tool_name: string } {
    return { gen_ai_tool_name: known(this.#isTool, tool ?? OTHER) };
  }

  /** A tool whose answers are kept was called, and the call was answered in that way. */
  countCached(tool: string, outcome: CacheOutcome): void {
    this.#counted.toolCache.inc({ gen_ai_tool_name: known(this.#isTool, tool), outcome });
  }

  /** A tool asked another server. */
  fetched(outcome: string): void {
    this.#counted.fetches.inc({ outcome });
  }

  /** All that was counted so far. */
  async read(): Promise<readonly MetricFamily[]> {
    // What the package says of the type of `type` is not so, and therefore it is looked at.
    const ofRegistry: unknown[] = await this.#registry.getMetricsAsJSON();
    const families = [this.#operations.read(), ...ofRegistry];
    if (!isMetricFamilies(families)) throw new TypeError('A metric is not finite');
    return families;
  }
}

type Counted = ReturnType<typeof declareCounted>;

function declareCounted(registry: Registry) {
  const registers = [registry];
  return {
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
    toolCache: new Counter({
      name: 'mcp_tool_cache_total',
      help: 'Answers of tools whose results are kept, by how they were come by: hit, stale (and fetched anew), miss, shared (another fetched it), bypass (not to be kept), error (Redis is away).',
      labelNames: ['gen_ai_tool_name', 'outcome'],
      registers,
    }),
    fetches: new Counter({
      name: 'mcp_tool_fetches_total',
      help: 'Requests of tools to other servers, by how they ended.',
      labelNames: ['outcome'],
      registers,
    }),
    lost: new Counter({
      name: 'mcp_records_lost_total',
      help: 'Records that could not be kept: there was no room for more to wait, or they could not be written.',
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

function known(isKnown: (name: string) => boolean, name: unknown): string {
  return typeof name === 'string' && isKnown(name) ? name : OTHER;
}
