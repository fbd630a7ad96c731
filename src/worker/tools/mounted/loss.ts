import { codeOf, Failure } from '../../../shared/errors.ts';
import { RpcError } from '../../protocol/errors.ts';
import { Incompatible, LinkLost } from './link.ts';
import { HttpRefusal, type Loss, Unstartable } from './wire.ts';

/** Why a server cannot be reached, of what went wrong on the way to it. What was not foreseen is thrown again. */
export function lossOf(thrown: unknown): Loss {
  if (thrown instanceof LinkLost) return thrown.loss;
  if (thrown instanceof Unstartable || thrown instanceof Incompatible) {
    return { reason: thrown.message };
  }
  if (thrown instanceof RpcError) {
    return { reason: `it answers what we ask with the error ${thrown.code}` };
  }
  if (thrown instanceof Failure) return reachedNot(thrown.cause);
  if (thrown instanceof DOMException && thrown.name === 'TimeoutError') {
    return { reason: 'it does not answer in time' };
  }
  // There are too many processes, or open files.
  if (codeOf(thrown) !== undefined) return { reason: 'it cannot be started', code: codeOf(thrown) };
  throw thrown;
}

function reachedNot(cause: unknown): Loss {
  if (cause instanceof HttpRefusal) return { reason: `it answers with the status ${cause.status}` };
  const inner: unknown = cause instanceof Error ? cause.cause : undefined;
  return { reason: 'it cannot be reached', code: codeOf(inner) };
}
