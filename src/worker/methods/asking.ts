import type { CallContext } from '../domain/context.ts';
import type { Principal } from '../domain/principal.ts';
import type { Ask } from '../domain/question.ts';
import type { Seal } from '../domain/seal.ts';
import type { Params } from '../protocol/frame.ts';
import type { Call } from '../protocol/methods.ts';
import { isModern } from '../protocol/revisions.ts';
import { askWithRequests } from './ask.ts';
import { type ContextOptions, inContext } from './context.ts';
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

/** Does work in a context, in which it may ask the other end something in the way of its era. */
export function asking(
  { params, call, method, subject, given }: Asking,
  options: AskingOptions,
  work: (context: CallContext) => Promise<object>,
): Promise<object> {
  const within = (ask: Ask): Promise<object> => inContext({ params, call, ask }, options, work);
  if (!isModern(call.revision)) return within(askWithRequests(call));
  return askOverRequests(params, call, { method, subject, given, seal: options.seal }, within);
}
