import { Failure } from '../../shared/errors.ts';
import { isLogLevel } from '../domain/log-level.ts';
import type { Principal } from '../domain/principal.ts';
import type { Method } from '../protocol/methods.ts';
import { conversationOf } from './conversation.ts';

/** `logging/setLevel` (2025-11-25, server/utilities/logging): from then on nothing of a lower level is sent. */
export function setLogLevel(): Method<Principal> {
  return async ({ level }, call) => {
    if (!isLogLevel(level)) throw new Failure('invalid', 'level is no level');
    await conversationOf(call).setLogLevel(level);
    return {};
  };
}
