import { Cancellation } from '../domain/cancellation.ts';
import type { RequestId } from './frame.ts';
import type { Call, Party } from './methods.ts';
import type { Origin } from './requests.ts';

/** What the other end is asked for a request. */
interface Asking {
  /** Aborted when the answer is there. */
  readonly over: AbortController;
  /** What is not answered yet. */
  readonly open: Set<Promise<unknown>>;
}

export interface RunningRequestOptions<Caller> {
  readonly id: RequestId;
  readonly origin: Origin<Caller>;
  readonly party: Party;
  /** What it holds among all of its caller's. Absent where they are not counted. */
  readonly place: Disposable | undefined;
  readonly ending: Cancellation;
}

/** A request that runs, and what its method may do meanwhile. Nothing follows the answer, whatever a method that was given up still does. */
export class RunningRequest<Caller> implements Call<Caller> {
  readonly caller: Caller;
  readonly requestId: RequestId;
  readonly revision: Party['revision'];
  readonly capabilities: Party['capabilities'];
  readonly logLevel: Party['logLevel'];
  readonly conversation: Party['conversation'];
  readonly cancellation = new Cancellation();
  /** Nothing once it is over. */
  #origin: Origin<Caller> | undefined;
  readonly #ending: Cancellation;
  readonly #place: Disposable | undefined;
  /** The answer is there: nothing is said or asked for it after that. */
  #isAnswered = false;
  /** Few requests ask. */
  #asking: Asking | undefined;

  constructor({ id, origin, party, place, ending }: RunningRequestOptions<Caller>) {
    this.caller = origin.caller;
    this.requestId = id;
    this.revision = party.revision;
    this.capabilities = party.capabilities;
    this.logLevel = party.logLevel;
    this.conversation = party.conversation;
    this.#ending = ending;
    this.#origin = origin;
    this.#place = place;
  }

  get ending(): AbortSignal {
    return this.#ending.signal;
  }

  get signal(): AbortSignal {
    return this.cancellation.signal;
  }

  readonly notify: Call<Caller>['notify'] = async (method, params) => {
    if (!this.#isOver) await this.#origin?.replyTo.send({ jsonrpc: '2.0', method, params });
  };

  readonly askParty: Call<Caller>['askParty'] = async (method, params, until) => {
    if (this.#isAnswered || this.#origin === undefined) throw new Error('The request is answered');
    this.#asking ??= { over: new AbortController(), open: new Set() };
    const { over, open } = this.#asking;
    const { asks, replyTo } = this.#origin;
    const either = AbortSignal.any([this.signal, over.signal, until]);
    const asking = asks.ask({ method, params }, (message) => replyTo.send(message), either);
    open.add(asking);
    try {
      return await asking;
    } finally {
      open.delete(asking);
    }
  };

  readonly release: Call<Caller>['release'] = async () => {
    if (!this.#isOver) await this.#origin?.replyTo.release?.();
  };

  /** Whether what its caller showed no longer holds. */
  get mayNotAsk(): boolean {
    return this.#origin?.ended?.aborted === true;
  }

  /** Nobody waits for the answer. */
  abort(reason: Error): void {
    this.cancellation.abort(reason);
  }

  /** The answer is there. The other end hears that a question was given up before it hears the answer: what this returns is waited for. */
  endAsking(): Promise<unknown> | undefined {
    this.#isAnswered = true;
    if (this.#asking === undefined) return undefined;
    this.#asking.over.abort(new Error('The request is answered'));
    return Promise.allSettled(this.#asking.open);
  }

  /** Its place is free for another. It lets go of where it came from: the table that it stood in may be kept for long after another has replaced it. */
  leave(): void {
    this.#place?.[Symbol.dispose]();
    this.#origin = undefined;
  }

  get #isOver(): boolean {
    return this.#isAnswered || this.cancellation.aborted;
  }
}
