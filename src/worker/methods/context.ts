import { weighJson } from '../../shared/json.ts';
import type { Logger } from '../../shared/logger.ts';
import type { Change } from '../domain/change.ts';
import type { CallContext } from '../domain/context.ts';
import { isLoudEnough, type LogLevel } from '../domain/log-level.ts';
import type { Principal } from '../domain/principal.ts';
import type { Ask } from '../domain/question.ts';
import { isRecord, isRequestId, type Params } from '../protocol/frame.ts';
import type { Call } from '../protocol/methods.ts';
import { isModern, TRAITS } from '../protocol/revisions.ts';
import { traceOf } from '../protocol/trace.ts';
import { Allowance } from './allowance.ts';
import { Progress } from './progress.ts';

export interface ContextOptions {
  readonly log: Logger;
  /** Tells every worker of a change. */
  readonly announce: (change: Change) => Promise<void>;
  readonly observer?: NotificationObserver;
}

/** Until a client of the legacy era has said what it wants to hear of, the choice is ours (2025-11-25, server/utilities/logging). */
const LOG_LEVEL: LogLevel = 'info';

/** Whoever counts what is not sent. It must not throw. */
interface NotificationObserver {
  drop(method: 'notifications/progress' | 'notifications/message'): void;
}

/** More than can be read. */
const MESSAGES_PER_S = 100;
/** A longer one is a result. */
const MESSAGE_LENGTH_MAX = 2_097_152;

/** A request that needs a context, and how what it asks for may ask. */
export interface Asked {
  readonly params: Params;
  readonly call: Call<Principal>;
  readonly ask: Ask;
}

/** Does work with what a tool, a resource or a prompt is given with a call. All that was said meanwhile is sent when it is done. */
export function inContext<Result>(
  { params, call, ask }: Asked,
  options: ContextOptions,
  work: (context: CallContext) => Promise<Result>,
): Promise<Result> {
  const { caller, cancellation, release } = call;
  const { log, announce } = options;
  const progress = progressOf(params, call, options);
  const context: CallContext = {
    principal: caller,
    cancellation,
    trace: traceOf(params),
    log,
    progress: progress?.report ?? nobodyListens,
    message: messageOf(call, options),
    ask,
    announce,
    release,
  };
  return progress === undefined ? work(context) : untilToldOf(progress, () => work(context));
}

/** Whoever gave no token does not want to know. */
async function nobodyListens(): Promise<void> {
  // It costs nothing.
}

async function untilToldOf<Result>(
  progress: Progress,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } finally {
    // The outlet's own trouble is met again with the answer.
    await progress.end().catch(() => undefined);
  }
}

/** Progress goes to those who gave a token for it (basic/utilities/progress). */
function progressOf(
  { _meta: meta }: Params,
  { notify, revision }: Call<Principal>,
  { observer }: ContextOptions,
): Progress | undefined {
  const token = isRecord(meta) ? meta.progressToken : undefined;
  if (!isRequestId(token)) return undefined;
  return new Progress({
    token,
    notify,
    hasMessages: TRAITS[revision].progressMessage,
    onDropped: () => observer?.drop('notifications/progress'),
  });
}

function messageOf(
  { logLevel, revision, notify }: Call<Principal>,
  { observer }: ContextOptions,
): CallContext['message'] {
  const threshold = logLevel ?? (isModern(revision) ? undefined : LOG_LEVEL);
  let allowance: Allowance | undefined;
  return async (level, data, logger) => {
    if (threshold === undefined || !isLoudEnough(level, threshold)) return;
    allowance ??= new Allowance({ perS: MESSAGES_PER_S });
    if (!allowance.take() || weighJson(data, MESSAGE_LENGTH_MAX) > MESSAGE_LENGTH_MAX) {
      observer?.drop('notifications/message');
      await allowance.giveWay();
      return;
    }
    const named = logger === undefined ? {} : { logger };
    // JSON has no `undefined`, and the field has to be there.
    await notify('notifications/message', { level, ...named, data: data ?? null });
  };
}
