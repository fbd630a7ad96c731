import { ANONYMOUS, type Principal } from '../../../src/worker/domain/principal.ts';
import type { Message, Outgoing, Response } from '../../../src/worker/protocol/frame.ts';
import type { Call } from '../../../src/worker/protocol/methods.ts';
import { Peer } from '../../../src/worker/protocol/peer.ts';
import type { RequestObserver } from '../../../src/worker/protocol/requests.ts';
import { SchemaWatch } from '../../support/schema-watch.ts';
import { JSON_BOUNDS } from '../protocol/json-bounds.ts';
import { type Line, recordLog } from '../recorded-log.ts';
import { type Offered, offer } from './offered.ts';

/** A conversation with a peer that serves our methods. */
export interface Conversation {
  readonly peer: Peer<Principal>;
  readonly sent: readonly Message[];
  readonly lines: readonly Line[];
  /** Asks with an id of its own, and resolves with the answer. */
  readonly ask: (method: string, params?: object) => Promise<Response>;
}

/** A handshake as an agent begins it. */
export const HELLO = {
  protocolVersion: '2025-11-25',
  capabilities: {},
  clientInfo: { name: 'test', version: '1' },
};

/** Opens a conversation before its handshake. All that is said in it is held to the schema of its revision. */
export function openConversation(
  offered: Offered = {},
  caller: Principal = ANONYMOUS,
  observer?: RequestObserver,
): Conversation {
  const { log, lines } = recordLog();
  const { dispatches: methods, changes } = offer(offered, log);
  const sent: Message[] = [];
  const watch = new SchemaWatch();
  const outlet = {
    send: async (message: Outgoing) => {
      watch.send(message, peer.revision);
      if ('jsonrpc' in message) sent.push(message);
      else sent.push(...message);
    },
  };
  const observed = observer === undefined ? {} : { observer };
  const dispatches = watch.dispatches(methods);
  const peer = new Peer({
    dispatches,
    caller,
    outlet,
    changes,
    jsonBounds: JSON_BOUNDS,
    inFlightMax: 8,
    ...observed,
  });
  let id = 0;
  return {
    peer,
    sent,
    lines,
    async ask(method, params) {
      id += 1;
      const asked = id;
      await peer.receive(JSON.stringify({ jsonrpc: '2.0', id: asked, method, params }));
      watch.rethrow();
      const answer = sent.find((message): message is Response => {
        return !('method' in message) && message.id === asked;
      });
      if (answer === undefined) throw new Error('There was no answer');
      return answer;
    },
  };
}

/** Opens a conversation, and shakes hands. */
export async function converse(
  offered: Offered,
  caller?: Principal,
  observer?: RequestObserver,
): Promise<Conversation> {
  const conversation = openConversation(offered, caller, observer);
  await conversation.ask('initialize', HELLO);
  return conversation;
}

/** The result of an answer. Throws if it is an error. */
export function resultOf(answer: Response): object {
  if ('error' in answer) throw new Error(`${answer.error.code} ${answer.error.message}`);
  return answer.result;
}

/** The error of an answer. Throws if it is a result. */
export function errorOf(answer: Response): { code: number; message: string; data?: unknown } {
  if ('error' in answer) return answer.error;
  throw new Error(`A result: ${JSON.stringify(answer.result)}`);
}

/** A legacy call that nobody listens to. */
export function callOf(given: Partial<Call<Principal>> = {}): Call<Principal> {
  const { signal } = new AbortController();
  return {
    caller: ANONYMOUS,
    requestId: 1,
    revision: '2025-11-25',
    capabilities: {},
    logLevel: undefined,
    conversation: undefined,
    cancellation: signal,
    signal,
    ending: new AbortController().signal,
    notify: async () => undefined,
    askParty: () => Promise.reject(new Error('Nobody is asked in this test')),
    release: async () => undefined,
    ...given,
  };
}
