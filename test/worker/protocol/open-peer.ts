import { silent } from '../../../src/shared/logger.ts';
import { explainTo } from '../../../src/worker/methods/explain.ts';
import type { Message, Outgoing } from '../../../src/worker/protocol/frame.ts';
import {
  createDispatch,
  type Dispatch,
  type Method,
} from '../../../src/worker/protocol/methods.ts';
import { Peer } from '../../../src/worker/protocol/peer.ts';
import { noChanges } from '../doubles.ts';
import { JSON_BOUNDS } from './json-bounds.ts';

/** A peer whose outlet is an array. */
export interface OpenPeer {
  readonly dispatch: Dispatch<string>;
  readonly peer: Peer<string>;
  readonly sent: readonly Outgoing[];
  /** Hands it a message. Resolves once it is answered in full. */
  readonly ask: (message: object) => Promise<boolean>;
}

/** Opens a peer that serves a table of methods, and `initialize` and `ping` beside. */
export function openPeer(
  table: Readonly<Record<string, Method<string>>>,
  inFlightMax: number,
): OpenPeer {
  const methods: Record<string, Method<string>> = {
    initialize,
    ping: async () => ({}),
    ...table,
  };
  const sent: Outgoing[] = [];
  const dispatch = createDispatch({
    table: methods,
    explain: explainTo(silent),
    complete: (_method, result) => result,
  });
  const peer = new Peer({
    dispatches: { legacy: dispatch, modern: dispatch },
    caller: 'ann',
    changes: noChanges,
    jsonBounds: JSON_BOUNDS,
    outlet: {
      send: async (message) => {
        sent.push(message);
      },
    },
    inFlightMax,
  });
  return { dispatch, peer, sent, ask: (message) => peer.receive(JSON.stringify(message)) };
}

/** Shakes hands, and asks nothing. */
export const initialize: Method<string> = async (_params, { conversation }) => {
  const client = { name: 'test', version: '1' };
  await conversation?.begin({ revision: '2025-11-25', client, capabilities: {} });
  return {};
};

/** A request as it crosses the wire. */
export function requestOf(id: string | number, method: string, params?: object): object {
  return { jsonrpc: '2.0', id, method, params };
}

/** The word that a request is no longer wanted. */
export function cancellationOf(requestId: unknown): object {
  return { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId } };
}

/** What an answer was: its code if it was an error. */
export function codesOf(
  sent: readonly Outgoing[],
): readonly (number | 'result' | 'notification' | 'batch')[] {
  return sent.map((message) => {
    if (isBatch(message)) return 'batch';
    if ('error' in message) return message.error.code;
    return 'result' in message ? 'result' : 'notification';
  });
}

function isBatch(message: Outgoing): message is Exclude<Outgoing, Message> {
  return Array.isArray(message);
}
