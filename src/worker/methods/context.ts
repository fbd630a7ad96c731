import type { Logger } from '../../shared/logger.ts';
import type { Change } from '../domain/change.ts';
import type { Context, ReportProgress } from '../domain/context.ts';
import { isLoudEnough, type LogLevel } from '../domain/log-level.ts';
import type { Principal } from '../domain/principal.ts';
import type { Ask } from '../domain/question.ts';
import { isRecord, isRequestId, type Params } from '../protocol/frame.ts';
import type { Call } from '../protocol/methods.ts';
import { isModern, TRAITS } from '../protocol/revisions.ts';
import { traceOf } from '../protocol/trace.ts';

export interface ContextOptions {
  readonly log: Logger;
  /** Tells every worker of a change. */
  readonly announce: (change: Change) => Promise<void>;
}

/** Until a client of the legacy era has said what it wants to hear of, the choice is ours (2025-11-25, server/utilities/logging). */
const LOG_LEVEL: LogLevel = 'info';

/** What a tool, a resource or a prompt is given with a call. */
export function contextOf(
  params: Params,
  call: Call<Principal>,
  ask: Ask,
  { log, announce }: ContextOptions,
): Omit<Context, 'db'> {
  const { caller, signal, notify, release } = call;
  const threshold = call.logLevel ?? (isModern(call.revision) ? undefined : LOG_LEVEL);
  return {
    principal: caller,
    signal,
    trace: traceOf(params),
    log,
    progress: progressOf(params, call),
    message: async (level, data, logger) => {
      if (threshold === undefined || !isLoudEnough(level, threshold)) return;
      const named = logger === undefined ? {} : { logger };
      // JSON has no `undefined`, and the field has to be there.
      await notify('notifications/message', { level, ...named, data: data ?? null });
    },
    ask,
    announce,
    release,
  };
}

/** Progress goes to those who gave a token for it (basic/utilities/progress), and only ever upwards. */
function progressOf(
  { _meta: meta }: Params,
  { notify, revision }: Call<Principal>,
): ReportProgress {
  const progressToken = isRecord(meta) ? meta.progressToken : undefined;
  if (!isRequestId(progressToken)) return async () => undefined;
  const { progressMessage } = TRAITS[revision];
  let last = Number.NEGATIVE_INFINITY;
  return async (progress, total, message) => {
    // JSON has no number that is none, or has no end.
    if (!Number.isFinite(progress) || progress <= last) return;
    last = progress;
    await notify('notifications/progress', {
      progressToken,
      progress,
      ...(Number.isFinite(total) ? { total } : {}),
      ...(progressMessage && message !== undefined ? { message } : {}),
    });
  };
}
