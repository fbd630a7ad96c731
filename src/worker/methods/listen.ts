import { Failure } from '../../shared/errors.ts';
import type { Changes } from '../domain/change.ts';
import type { Principal } from '../domain/principal.ts';
import { MetaKey } from '../protocol/era.ts';
import type { Method } from '../protocol/methods.ts';
import { describeInterest, notificationOf, parseInterest } from '../protocol/subscriptions.ts';
import type { ResourceRegistry } from '../resources/registry.ts';
import { isToldOf } from './resources.ts';

/**
 * `subscriptions/listen` (2026-07-28, patterns/subscriptions): runs until the caller goes or the server drains, and
 * says every change of interest meanwhile. Everything is honoured, for all that can change is advertised.
 */
export function listen(changes: Changes, resources: ResourceRegistry): Method<Principal> {
  return async ({ notifications }, { caller, requestId, notify, signal, ending }) => {
    const interest = parseInterest(notifications);
    if (interest === undefined) {
      throw new Failure('invalid', 'notifications must be an object of what to tell');
    }
    const meta = { [MetaKey.subscriptionId]: requestId };
    const over = AbortSignal.any([signal, ending]);
    using listening = new DisposableStack();
    listening.use(
      changes.listen((change) => {
        if ('resource' in change && !isToldOf(change.resource, caller, resources)) return;
        const told = notificationOf(change, interest, requestId);
        // A caller that is gone is not told.
        if (told !== undefined) notify(told.method, told.params).catch(() => undefined);
      }),
    );
    await notify('notifications/subscriptions/acknowledged', {
      notifications: describeInterest(interest),
      _meta: meta,
    });
    await new Promise<void>((resolve) => {
      if (over.aborted) resolve();
      over.addEventListener('abort', () => {
        resolve();
      });
    });
    return { _meta: meta };
  };
}
