import { Failure } from '../../shared/errors.ts';
import type { Logger } from '../../shared/logger.ts';
import type { ReportProgress } from '../domain/context.ts';
import type { Principal } from '../domain/principal.ts';
import { isRecord, isRequestId, type Params } from '../protocol/frame.ts';
import type { Call, Method } from '../protocol/methods.ts';
import { callTool, type RunCall } from '../tools/call-tool.ts';
import type { ToolRegistry } from '../tools/registry.ts';

export interface CallToolOptions {
  readonly registry: ToolRegistry;
  readonly log: Logger;
  /** Is told of every call, and may refuse one. */
  readonly runCall: RunCall;
}

/** `tools/call` (2025-11-25, server/tools). */
export function callToolMethod({ registry, log, runCall }: CallToolOptions): Method<Principal> {
  return async (params, call) => {
    const { name, arguments: given = {} } = params;
    if (typeof name !== 'string') throw new Failure('invalid', 'name must be a string');
    if (!isRecord(given)) throw new Failure('invalid', 'arguments must be an object');
    const registered = registry.find(name);
    if (registered === undefined) throw new Failure('not-found', 'There is no tool of this name');
    const context = {
      principal: call.caller,
      signal: call.signal,
      log,
      progress: progressOf(params, call),
      message: async () => undefined,
      ask: () => Promise.reject(new Error('Not yet')),
      announce: async () => undefined,
      release: async () => undefined,
    };
    return callTool(registered, given, context, runCall);
  };
}

/** Progress goes to those who gave a token for it (2025-11-25, basic/utilities/progress), and only ever upwards. */
function progressOf({ _meta: meta }: Params, { notify }: Call<Principal>): ReportProgress {
  const progressToken = isRecord(meta) ? meta.progressToken : undefined;
  if (!isRequestId(progressToken)) return async () => undefined;
  let last = Number.NEGATIVE_INFINITY;
  return async (progress, total, message) => {
    if (progress <= last) return;
    last = progress;
    await notify('notifications/progress', {
      progressToken,
      progress,
      ...(total === undefined ? {} : { total }),
      ...(message === undefined ? {} : { message }),
    });
  };
}
