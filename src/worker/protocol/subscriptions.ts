import type { Change } from '../domain/change.ts';
import { SUBSCRIPTIONS_MAX, URI_LENGTH_MAX } from '../domain/session.ts';
import { MetaKey } from './era.ts';
import { isRecord, type Notification, type RequestId } from './frame.ts';

type List = 'tools' | 'prompts' | 'resources';

/** What somebody wants to hear of. */
export interface Interest {
  readonly lists: ReadonlySet<List>;
  readonly resources: ReadonlySet<string>;
}

/** In the legacy era all hear of lists, and of the resources that they subscribed to. */
export const ALL_LISTS: ReadonlySet<List> = new Set<List>(['tools', 'prompts', 'resources']);

/** What a change is told as to somebody, if it is of interest. The modern era says for which subscription (2026-07-28, patterns/subscriptions). */
export function notificationOf(
  change: Change,
  interest: Interest,
  subscription?: RequestId,
): Notification | undefined {
  const meta =
    subscription === undefined ? {} : { _meta: { [MetaKey.subscriptionId]: subscription } };
  if ('list' in change) {
    if (!interest.lists.has(change.list)) return undefined;
    return {
      jsonrpc: '2.0',
      method: `notifications/${change.list}/list_changed`,
      params: meta,
    };
  }
  if (!interest.resources.has(change.resource)) return undefined;
  return {
    jsonrpc: '2.0',
    method: 'notifications/resources/updated',
    params: { uri: change.resource, ...meta },
  };
}

/** Reads the `notifications` of `subscriptions/listen`; nothing if it is not what it should be. What is not known there is left out. */
export function parseInterest(value: unknown): Interest | undefined {
  if (!isRecord(value)) return undefined;
  const lists = new Set<List>();
  for (const list of ALL_LISTS) {
    const wanted = value[`${list}ListChanged`];
    if (wanted !== undefined && typeof wanted !== 'boolean') return undefined;
    if (wanted === true) lists.add(list);
  }
  const { resourceSubscriptions: uris = [] } = value;
  if (!Array.isArray(uris) || uris.length > SUBSCRIPTIONS_MAX || !uris.every(isUri))
    return undefined;
  return { lists, resources: new Set(uris) };
}

/** An interest as it is acknowledged. */
export function describeInterest({ lists, resources }: Interest): object {
  return {
    ...Object.fromEntries([...lists].map((list) => [`${list}ListChanged`, true])),
    ...(resources.size === 0 ? {} : { resourceSubscriptions: [...resources] }),
  };
}

/** Whether something may be the URI of a resource. */
export function isUri(value: unknown): value is string {
  return typeof value === 'string' && value.length <= URI_LENGTH_MAX && URL.canParse(value);
}
