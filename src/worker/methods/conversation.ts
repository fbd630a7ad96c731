import type { Principal } from '../domain/principal.ts';
import type { Call, Conversation } from '../protocol/methods.ts';

/** The conversation of a request of the legacy era. */
export function conversationOf({ conversation }: Call<Principal>): Conversation {
  if (conversation === undefined) throw new Error('Legacy requests are of a conversation');
  return conversation;
}
