import { Failure } from '../../shared/errors.ts';
import type { Principal } from '../domain/principal.ts';
import { dressToolResult } from '../protocol/dress.ts';
import { isRecord } from '../protocol/frame.ts';
import type { Method } from '../protocol/methods.ts';
import { callTool, type RunCall } from '../tools/call-tool.ts';
import type { ToolRegistry } from '../tools/registry.ts';
import { type AskingOptions, asking } from './asking.ts';
import { contextOf } from './context.ts';

export interface CallToolOptions extends AskingOptions {
  readonly tools: ToolRegistry;
  /** Is told of every call, and may refuse one. */
  readonly runCall: RunCall;
}

/** `tools/call` (server/tools). */
export function callToolMethod({ tools, runCall, ...options }: CallToolOptions): Method<Principal> {
  return async (params, call) => {
    const { name, arguments: given = {} } = params;
    if (typeof name !== 'string') throw new Failure('invalid', 'name must be a string');
    if (!isRecord(given)) throw new Failure('invalid', 'arguments must be an object');
    const registered = tools.find(name);
    if (registered === undefined) throw new Failure('not-found', 'There is no tool of this name');
    const about = { params, call, method: 'tools/call', subject: name, given };
    return asking(about, options, async (ask) => {
      const context = contextOf(params, call, ask, options);
      const result = await callTool(registered, given, context, runCall);
      return dressToolResult(result, registered.tool.outputSchema, call.revision);
    });
  };
}
