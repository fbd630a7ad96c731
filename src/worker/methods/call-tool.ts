import { Failure } from '../../shared/errors.ts';
import type { CallRates } from '../domain/limits.ts';
import type { Principal } from '../domain/principal.ts';
import { dressToolResult } from '../protocol/dress.ts';
import { isRecord } from '../protocol/frame.ts';
import type { Method } from '../protocol/methods.ts';
import type { CallTool, RunCall } from '../tools/call-tool.ts';
import type { ToolRegistry } from '../tools/registry.ts';
import { type AskingOptions, asking } from './asking.ts';
import { permit } from './permission.ts';

export interface CallToolOptions extends AskingOptions {
  readonly tools: ToolRegistry;
  readonly callTool: CallTool;
  /** Is told of every call, and may refuse one. */
  readonly runCall: RunCall;
  readonly callRates: CallRates;
}

const TOO_MANY = 'Too many calls of tools in a second';

/** `tools/call` (server/tools). */
export function callToolMethod({
  tools,
  callTool,
  runCall,
  callRates,
  ...options
}: CallToolOptions): Method<Principal> {
  return (params, call) => {
    const { name, arguments: given = {} } = params;
    if (typeof name !== 'string') throw new Failure('invalid', 'name must be a string');
    if (!isRecord(given)) throw new Failure('invalid', 'arguments must be an object');
    const registered = tools.find(name);
    if (registered === undefined) throw unknown();
    permit(call.caller, registered.tool.scope, unknown);
    const about = { params, call, method: 'tools/call', subject: name, given };
    return asking(about, options, (context) =>
      callTool(registered, given, context, (tool, args, work) => {
        // It comes after the scope: who may not call a tool does not learn how busy it is.
        const retryAfterMs = callRates.take(call.caller.id, tool);
        if (retryAfterMs > 0) throw new Failure('limited', TOO_MANY, { retryAfterMs });
        return runCall(tool, args, work);
      }).then((result) => dressToolResult(result, registered.tool.outputSchema, call.revision)),
    );
  };
}

function unknown(): Failure {
  return new Failure('not-found', 'There is no tool of this name');
}
