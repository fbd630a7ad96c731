import type { MetricFamily, Series } from '../../shared/ipc.ts';
import { Counter, type Registry } from '../../shared/prometheus.ts';
import { OTHER } from './endings.ts';
import { HistogramSeries } from './histogram-series.ts';

/** Seconds (OpenTelemetry, semantic conventions for MCP: both histograms). */
export const BUCKETS_S = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300];
/** WebSocket runs over it, in the words of OpenTelemetry. */
export const TRANSPORT = 'tcp';
/** Tools that are told apart in the life of a worker. Each generation may bring others: those that are too many are counted as one. */
const TOOLS_MAX = 4_096;

const DURATIONS = {
  name: 'mcp_server_operation_duration_seconds',
  help: 'Time from a request to its answer.',
  type: 'histogram',
  aggregator: 'sum',
} as const;

/** How one request ended, as it is counted. */
interface Ending {
  /** What went wrong, or nothing. */
  readonly errorType: string;
  readonly revision: string;
  readonly durationS: number;
}

/** Requests of one method, or calls of one tool. */
class Operation {
  /** By revision, and by what went wrong. Few, and found without a look at all labels. */
  readonly #durations = new Map<string, Map<string, HistogramSeries>>();
  readonly #outcomes = new Map<string, number>();

  /** One ended. */
  end({ errorType, revision, durationS }: Ending): void {
    const series =
      this.#durations.get(revision)?.get(errorType) ?? this.#begin(revision, errorType);
    series.observe(durationS);
  }

  /** One was a call of a tool, and ended so. */
  count(outcome: string): void {
    this.#outcomes.set(outcome, (this.#outcomes.get(outcome) ?? 0) + 1);
  }

  get outcomes(): ReadonlyMap<string, number> {
    return this.#outcomes;
  }

  /** The durations, by its labels and those of each ending. */
  read(method: string, tool: string): Series[] {
    return [...this.#durations].flatMap(([revision, ofRevision]) =>
      [...ofRevision].flatMap(([errorType, series]) =>
        series.read(DURATIONS.name, {
          mcp_method_name: method,
          gen_ai_tool_name: tool,
          error_type: errorType,
          network_transport: TRANSPORT,
          mcp_protocol_version: revision,
        }),
      ),
    );
  }

  #begin(revision: string, errorType: string): HistogramSeries {
    const ofRevision = this.#durations.get(revision) ?? new Map<string, HistogramSeries>();
    this.#durations.set(revision, ofRevision);
    const series = new HistogramSeries(BUCKETS_S);
    ofRevision.set(errorType, series);
    return series;
  }
}

/** Counts requests, by what they ask for. What a request is counted in is looked up once, when it comes. */
export class Operations {
  /** By the names of methods, which are all ours. */
  readonly #methods = new Map<string, Operation>();
  /** By the names of tools. */
  readonly #tools = new Map<string, Operation>();

  /** What requests of a method of ours are counted in. */
  ofMethod(method: string): Operation {
    return this.#methods.get(method) ?? begin(this.#methods, method);
  }

  /** What calls of a tool of ours are counted in. */
  ofTool(tool: string): Operation {
    const known = this.#tools.get(tool);
    if (known !== undefined) return known;
    if (this.#tools.size < TOOLS_MAX || tool === OTHER) return begin(this.#tools, tool);
    return this.ofTool(OTHER);
  }

  /** Declares what is read off the counts: calls of tools, by how they ended. */
  declare(registry: Registry): void {
    const tools = this.#tools;
    registry.registerMetric(
      new Counter({
        name: 'mcp_tool_calls_total',
        help: 'Calls of tools, by how they ended.',
        labelNames: ['gen_ai_tool_name', 'outcome'],
        registers: [],
        collect() {
          this.reset();
          for (const [tool, { outcomes }] of tools) {
            for (const [outcome, count] of outcomes) {
              this.inc({ gen_ai_tool_name: tool, outcome }, count);
            }
          }
        },
      }),
    );
  }

  /** How long requests took. */
  read(): MetricFamily {
    const ofMethods = [...this.#methods].flatMap(([method, operation]) =>
      operation.read(method, ''),
    );
    const ofTools = [...this.#tools].flatMap(([tool, operation]) =>
      operation.read('tools/call', tool),
    );
    return { ...DURATIONS, values: [...ofMethods, ...ofTools] };
  }
}

function begin(operations: Map<string, Operation>, name: string): Operation {
  const operation = new Operation();
  operations.set(name, operation);
  return operation;
}
