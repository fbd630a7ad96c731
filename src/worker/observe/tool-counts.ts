import { Counter, Gauge, type Registry } from '../../shared/prometheus.ts';

/** What is counted of tools beside how their calls end. */
export type ToolCounts = ReturnType<typeof declareToolCounts>;

const TOOL = ['gen_ai_tool_name'] as const;

/** Declares it. */
export function declareToolCounts(registry: Registry) {
  const registers = [registry];
  return {
    waiting: new Gauge({
      name: 'mcp_tool_calls_waiting',
      help: 'Calls of tools that wait for their turn.',
      labelNames: TOOL,
      registers,
    }),
    stuck: new Gauge({
      name: 'mcp_tool_stuck',
      help: 'Workers in which a tool takes no calls: those that were given up on do not end, or it is held back.',
      labelNames: TOOL,
      registers,
    }),
    retries: new Counter({
      name: 'mcp_tool_retries_total',
      help: 'Times a tool was tried again in one call.',
      labelNames: TOOL,
      registers,
    }),
    delays: new Counter({
      name: 'mcp_tool_event_loop_delay_seconds_total',
      help: 'Time for which a tool that runs inline kept the event loop of its worker: of 0.1 s or more at once.',
      labelNames: TOOL,
      registers,
    }),
    litter: new Counter({
      name: 'mcp_tool_prototypes_changed_total',
      help: 'Times a prototype that all code shares was found changed, by the tool that did it where that is known.',
      labelNames: TOOL,
      registers,
    }),
    threadsEnded: new Counter({
      name: 'mcp_tool_threads_ended_total',
      help: 'Threads of isolated tools that were ended: with a call that was given up, or because of what a tool did.',
      labelNames: [...TOOL, 'reason'],
      registers,
    }),
    dropped: new Counter({
      name: 'mcp_notifications_dropped_total',
      help: 'What tools said while they ran and was not sent, because they said too much.',
      labelNames: ['mcp_method_name'],
      registers,
    }),
  };
}
