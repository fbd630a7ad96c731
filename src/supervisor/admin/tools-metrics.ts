import { Counter, Histogram, type Registry } from '../../shared/prometheus.ts';

import type { SupervisorEvent } from '../events.ts';

/** How an attempt to serve other tools ended. */
export type ToolsReloadEnd = Extract<
  SupervisorEvent,
  { type: 'tools_reloaded' | 'tools_unchanged' | 'tools_rolled_back' | 'tools_reload_failed' }
>;

const RESULT_OF: Readonly<Record<ToolsReloadEnd['type'], string>> = {
  tools_reloaded: 'reloaded',
  tools_unchanged: 'unchanged',
  tools_rolled_back: 'rolled_back',
  tools_reload_failed: 'failed',
};
const RELOAD_S = [0.01, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60];

/** What is counted of attempts to serve other tools. */
export class ToolsMetrics {
  readonly #reloads: Counter<'result'>;
  readonly #reloadS: Histogram;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#reloads = new Counter({
      name: 'mcp_supervisor_tools_reloads_total',
      help: 'Attempts to serve other tools, by how they ended.',
      labelNames: ['result'],
      registers,
    });
    this.#reloadS = new Histogram({
      name: 'mcp_supervisor_tools_reload_seconds',
      help: 'Time that an attempt to serve other tools took.',
      buckets: RELOAD_S,
      registers,
    });
    for (const result of Object.values(RESULT_OF)) this.#reloads.inc({ result }, 0);
  }

  count({ type, tookMs }: ToolsReloadEnd): void {
    this.#reloads.inc({ result: RESULT_OF[type] });
    this.#reloadS.observe(tookMs / 1_000);
  }
}
