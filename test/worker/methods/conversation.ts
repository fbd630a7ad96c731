import { ANONYMOUS, type Principal } from '../../../src/worker/domain/principal.ts';
import { createMethods } from '../../../src/worker/methods/methods.ts';
import type { Outgoing, Response } from '../../../src/worker/protocol/frame.ts';
import { Peer, type PeerObserver } from '../../../src/worker/protocol/peer.ts';
import { createToolRegistry } from '../../../src/worker/tools/registry.ts';
import type { Tool } from '../../../src/worker/tools/tool.ts';
import { type Line, recordLog } from '../recorded-log.ts';
import { noDatabase, runCall } from '../tools/tool-context.ts';

/** A conversation with a peer that serves our methods. */
export interface Conversation {
  readonly peer: Peer<Principal>;
  readonly sent: readonly Outgoing[];
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

/** Opens a conversation before its handshake. */
export function openConversation(
  tools: readonly Tool[] = [],
  caller: Principal = ANONYMOUS,
  observer?: PeerObserver,
): Conversation {
  const { log, lines } = recordLog();
  const registry = createToolRegistry([{ tools, db: noDatabase }]);
  const sent: Outgoing[] = [];
  const outlet = {
    send: async (message: Outgoing) => {
      sent.push(message);
    },
  };
  const dispatch = createMethods({ version: '1.2.3', registry, log, runCall });
  const observed = observer === undefined ? {} : { observer };
  const peer = new Peer({ dispatch, caller, outlet, inFlightMax: 8, ...observed });
  let id = 0;
  return {
    peer,
    sent,
    lines,
    async ask(method, params) {
      id += 1;
      const asked = id;
      await peer.receive(JSON.stringify({ jsonrpc: '2.0', id: asked, method, params }));
      const answer = sent.find((message): message is Response => {
        return 'id' in message && message.id === asked;
      });
      if (answer === undefined) throw new Error('There was no answer');
      return answer;
    },
  };
}

/** Opens a conversation, and shakes hands. */
export async function converse(
  tools: readonly Tool[],
  caller?: Principal,
  observer?: PeerObserver,
): Promise<Conversation> {
  const conversation = openConversation(tools, caller, observer);
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
