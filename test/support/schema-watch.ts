/** Looks at everything that a server's end of a conversation says. */
import type { Message, Outgoing } from '../../src/worker/protocol/frame.ts';
import type { Call, Dispatch, Dispatches } from '../../src/worker/protocol/methods.ts';
import type { Revision } from '../../src/worker/protocol/revisions.ts';
import { checkAnswer, checkNotification, checkRequest } from './check-messages.ts';

/** Nothing was agreed on yet: what we say then is the same in all. */
const NEWEST_LEGACY: Revision = '2025-11-25';

/**
 * Checks messages by the schema of their revision. What a method says is checked where it is said, for there the
 * revision is known, even where both eras share a channel; all else on its way out.
 */
export class SchemaWatch {
  readonly faults: unknown[] = [];
  /** Answers, and params, that were looked at where they were made. */
  readonly #seen = new WeakSet<object>();

  /** The same methods, watched. */
  dispatches<Caller>({ legacy, modern }: Dispatches<Caller>): Dispatches<Caller> {
    return { legacy: this.#watch(legacy), modern: this.#watch(modern) };
  }

  /** Throws if a message on its way out is not right, or if one before was not. `revision` is that of the handshake. */
  send(outgoing: Outgoing, revision: Revision = NEWEST_LEGACY): void {
    const messages: readonly Message[] = 'jsonrpc' in outgoing ? [outgoing] : outgoing;
    for (const message of messages) this.#take(() => this.#checkSent(message, revision));
    this.rethrow();
  }

  /** Throws if anything was not right. */
  rethrow(): void {
    if (this.faults.length > 0) throw this.faults[0];
  }

  #watch<Caller>(dispatch: Dispatch<Caller>): Dispatch<Caller> {
    return async (request, call) => {
      const { revision } = call;
      const watched: Call<Caller> = {
        ...call,
        signal: call.signal,
        ending: call.ending,
        notify: (method, params) => {
          this.#seen.add(params);
          this.#take(() => checkNotification(revision, { jsonrpc: '2.0', method, params }));
          return call.notify(method, params);
        },
        askParty: (method, params, signal) => {
          this.#seen.add(params);
          this.#take(() => checkRequest(revision, { jsonrpc: '2.0', id: '', method, params }));
          return call.askParty(method, params, signal);
        },
      };
      const response = await dispatch(request, watched);
      this.#seen.add(response);
      this.#take(() => checkAnswer(revision, request.method, response));
      return response;
    };
  }

  #checkSent(message: Message, revision: Revision): void {
    if (!('method' in message)) {
      // Results are of methods alone.
      if (!this.#seen.has(message)) checkAnswer(revision, '', message);
      return;
    }
    if (this.#seen.has(message.params)) return;
    if ('id' in message) checkRequest(revision, message);
    else checkNotification(revision, message);
  }

  #take(check: () => void): void {
    try {
      check();
    } catch (error) {
      this.faults.push(error);
    }
  }
}
