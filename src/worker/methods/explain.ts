import { Failure, type FailureCode } from '../../shared/errors.ts';
import type { Logger } from '../../shared/logger.ts';
import { insufficient, RpcCode, RpcError } from '../protocol/errors.ts';

const RPC_CODES: Readonly<Record<FailureCode, number>> = {
  invalid: RpcCode.InvalidParams,
  'not-found': RpcCode.InvalidParams,
  unauthorized: RpcCode.Unauthorized,
  forbidden: RpcCode.Forbidden,
  conflict: RpcCode.Conflict,
  limited: RpcCode.Limited,
  quarantined: RpcCode.Quarantined,
  unavailable: RpcCode.Unavailable,
  timeout: RpcCode.Timeout,
  // Never sent: a cancelled request is owed no answer.
  cancelled: RpcCode.InternalError,
  internal: RpcCode.InternalError,
};

/** When it is worth while to try again. */
const RETRY_AFTER_MS: Partial<Record<FailureCode, number>> = { limited: 1_000, unavailable: 1_000 };

/** Says to the caller what it may know of an error, and to the log the rest. */
export function explainTo(log: Logger): (thrown: unknown) => RpcError {
  return (thrown) => {
    if (thrown instanceof RpcError) return thrown;
    const failure = Failure.from(thrown);
    if (failure.code === 'internal') log.error('method failed', { error: failure.cause });
    if (failure.code === 'unavailable') log.warn('method is unavailable', { error: failure.cause });
    const retryAfterMs = failure.retryAfterMs ?? RETRY_AFTER_MS[failure.code];
    const data = {
      kind: failure.code,
      ...(failure.code === 'quarantined' ? { reason: failure.code } : {}),
      ...(failure.scopes === undefined ? {} : insufficient(failure.scopes)),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    };
    return new RpcError(RPC_CODES[failure.code], failure.message, data);
  };
}
