import { silent } from '../../../src/shared/logger.ts';
import { explainTo } from '../../../src/worker/methods/explain.ts';
import type { Outgoing } from '../../../src/worker/protocol/frame.ts';
import {
  createDispatch,
  type Dispatch,
  type Method,
} from '../../../src/worker/protocol/methods.ts';
import { Peer } from '../../../src/worker/protocol/peer.ts';

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
    initialize: async (_params, { settle }) => {
      settle({ revision: '2025-11-25', client: { name: 'test', version: '1' } });
      return {};
    },
    ping: async () => ({}),
    ...table,
  };
  const sent: Outgoing[] = [];
  const dispatch = createDispatch(methods, explainTo(silent));
  const peer = new Peer({
    dispatch,
    caller: 'ann',
    outlet: {
      send: async (message) => {
        sent.push(message);
      },
    },
    inFlightMax,
  });
  return { dispatch, peer, sent, ask: (message) => peer.receive(JSON.stringify(message)) };
}

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
): readonly (number | 'result' | 'notification')[] {
  return sent.map((message) => {
    if ('error' in message) return message.error.code;
    return 'result' in message ? 'result' : 'notification';
  });
}
