import { MetaKey } from './era.ts';
import type { Outgoing } from './frame.ts';
import { isRecord } from './frame.ts';

/**
 * What a message is about, where the next one about the same makes it worthless: how far a call is, or that
 * something changed. Nothing for all others: none of those may be left out.
 */
export function subjectOf(message: Outgoing): string | undefined {
  if (!('method' in message) || 'id' in message) return undefined;
  const { method, params } = message;
  const { progressToken, uri, _meta: meta } = params;
  const subscription = isRecord(meta) ? meta[MetaKey.subscriptionId] : undefined;
  switch (method) {
    case 'notifications/progress':
      return JSON.stringify([method, progressToken]);
    case 'notifications/tools/list_changed':
    case 'notifications/prompts/list_changed':
    case 'notifications/resources/list_changed':
    case 'notifications/resources/updated':
      return JSON.stringify([method, uri, subscription]);
    default:
      return undefined;
  }
}
