import type { Principal } from '../domain/principal.ts';
import type { Ask } from '../domain/question.ts';
import type { Seal } from '../domain/seal.ts';
import type { Params } from '../protocol/frame.ts';
import type { Call } from '../protocol/methods.ts';
import { isModern } from '../protocol/revisions.ts';
import { askWithRequests } from './ask.ts';
import type { ContextOptions } from './context.ts';
import { askOverRequests } from './input-required.ts';

export interface AskingOptions extends ContextOptions {
  readonly seal: Seal;
}

/** A request that may ask, and what it is about: the same question about something else is another. */
interface Asking {
  readonly params: Params;
  readonly call: Call<Principal>;
  readonly method: string;
  readonly subject: string;
  readonly given: unknown;
}

/** Does work that may ask the other end something, in the way of its era. */
export function asking(
  { params, call, ...about }: Asking,
  { seal }: AskingOptions,
  work: (ask: Ask) => Promise<object>,
): Promise<object> {
  if (!isModern(call.revision)) return work(askWithRequests(call));
  return askOverRequests(params, call, { ...about, seal }, work);
}
