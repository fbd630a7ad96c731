import { Failure, type FailureCode } from '../../../src/shared/errors.ts';
import type { CallContext } from '../../../src/worker/domain/context.ts';
import type { ToolResult } from '../../../src/worker/domain/tool-result.ts';
import type { CallObserver } from '../../../src/worker/tools/call-tool.ts';
import type { RegisteredTool } from '../../../src/worker/tools/registry.ts';
import { defineTool, type Tool, type ToolDefinition } from '../../../src/worker/tools/tool.ts';
import { type Line, recordLog } from '../recorded-log.ts';
import { contextOf, openWay, register, runCall } from './tool-context.ts';

type WayOptions = NonNullable<Parameters<typeof openWay>[0]>;

interface Opened {
  readonly call: (
    registered: RegisteredTool,
    given?: Readonly<Record<string, unknown>>,
    context?: Partial<CallContext>,
  ) => Promise<ToolResult>;
  readonly counted: readonly string[];
  /** Those who kept the event loop: apart, as a slow machine may make anybody do so. */
  readonly delayed: readonly string[];
  readonly lines: readonly Line[];
}

/** The way of calls, and what is counted and logged on it. */
export function openCounted(options: WayOptions = {}): Opened {
  const counted: string[] = [];
  const delayed: string[] = [];
  const { log, lines } = recordLog();
  const observer: CallObserver = {
    refuse: (limit) => counted.push(limit),
    wait: () => undefined,
    stick: (tool, isStuck) => counted.push(`${tool} ${isStuck ? 'stuck' : 'free'}`),
    retry: (tool) => counted.push(`${tool} again`),
    delay: (tool) => delayed.push(tool),
    litter: (tool) => counted.push(`${tool} littered`),
  };
  const callTool = openWay({ observer, log, ...options });
  return {
    call: (registered, given = {}, context = {}) =>
      callTool(registered, given, contextOf(context), runCall),
    counted,
    delayed,
    lines,
  };
}

/** A tool that does that. */
export function toolOf(run: Tool['run'], more: Partial<ToolDefinition> = {}): RegisteredTool {
  return register(defineTool({ name: 'tried', description: 'Tries.', run, ...more }));
}

/** Whether what was thrown is a failure of that kind. */
export const isFailure = (code: FailureCode) => (thrown: unknown) =>
  thrown instanceof Failure && thrown.code === code;

/** A result of one text. */
export const doneWith = (text: string): ToolResult => ({ content: [{ type: 'text', text }] });
