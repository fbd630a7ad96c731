/** What agents say, as it should be. */
import type { Revision } from '../../src/worker/protocol/revisions.ts';
import type { Dice } from './dice.ts';

type Json = Readonly<Record<string, unknown>>;
/** A method and params for it. */
export type Asked = readonly [method: string, params: Json];

/** What the other end can do. */
export const CAPABILITIES: readonly [Json, ...Json[]] = [
  { roots: {}, sampling: {}, elicitation: {} },
  { roots: { listChanged: true }, sampling: {}, elicitation: { form: {}, url: {} } },
  { elicitation: { url: {} } },
  {},
];

const OF_BOTH: readonly [Asked, ...Asked[]] = [
  ['tools/list', {}],
  ['tools/call', { name: 'paint', arguments: { colour: 'blue', coats: 2 } }],
  ['tools/call', { name: 'paint', arguments: { colour: 'red', where: [{ x: 1, y: 2 }] } }],
  ['tools/call', { name: 'asks', arguments: { twice: true } }],
  ['tools/call', { name: 'asks', arguments: {} }],
  ['tools/call', { name: 'talks', arguments: { often: 1 } }],
  ['tools/call', { name: 'lists' }],
  ['tools/call', { name: 'mirrors', arguments: { region: 'north' } }],
  ['tools/call', { name: 'fails', arguments: { how: 'mendable' } }],
  ['tools/call', { name: 'fails', arguments: { how: 'foreseen' } }],
  ['tools/call', { name: 'fails', arguments: { how: 'limited' } }],
  ['tools/call', { name: 'fails', arguments: { how: 'bug' } }],
  ['tools/call', { name: 'dawdles', arguments: { turns: 5 } }],
  ['tools/call', { name: 'nothing' }],
  ['resources/list', {}],
  ['resources/templates/list', {}],
  ['resources/read', { uri: 'file:///notes/7' }],
  ['resources/read', { uri: 'file:///notes/none' }],
  ['resources/read', { uri: 'file:///picture.png' }],
  ['resources/read', { uri: 'secret://a/b' }],
  ['prompts/list', {}],
  ['prompts/get', { name: 'greet', arguments: { who: 'Ann' } }],
  ['prompts/get', { name: 'consult' }],
  [
    'completion/complete',
    {
      ref: { type: 'ref/prompt', name: 'greet' },
      argument: { name: 'who', value: 'A' },
      context: { arguments: { how: '!' } },
    },
  ],
  [
    'completion/complete',
    {
      ref: { type: 'ref/resource', uri: 'file:///notes/{id}' },
      argument: { name: 'id', value: '1' },
    },
  ],
];
const OF_LEGACY: readonly [Asked, ...Asked[]] = [
  ['ping', {}],
  ['logging/setLevel', { level: 'debug' }],
  ['resources/subscribe', { uri: 'file:///notes/1' }],
  ['resources/unsubscribe', { uri: 'file:///notes/1' }],
  ['initialize', handshakeOf('2025-11-25', {})],
];
const OF_MODERN: readonly [Asked, ...Asked[]] = [
  ['server/discover', {}],
  [
    'subscriptions/listen',
    { notifications: { toolsListChanged: true, resourceSubscriptions: ['file:///notes/1'] } },
  ],
];

/** The params of `initialize`. */
export function handshakeOf(revision: string, capabilities: Json): Json {
  return { protocolVersion: revision, capabilities, clientInfo: { name: 'fuzz', version: '1' } };
}

/** Something to ask in the legacy era. */
export function legacyAsked(dice: Dice): Asked {
  const [method, params] = dice.once(4) ? dice.pick(OF_LEGACY) : dice.pick(OF_BOTH);
  if (!dice.once(3)) return [method, params];
  return [method, { ...params, _meta: { progressToken: dice.below(9) } }];
}

/** Something to ask in the modern era, in its envelope. */
export function modernAsked(dice: Dice): Asked {
  const [method, params] = dice.once(8) ? dice.pick(OF_MODERN) : dice.pick(OF_BOTH);
  return [method, { ...params, _meta: envelopeOf(dice) }];
}

function envelopeOf(dice: Dice): Json {
  const revision: Revision = '2026-07-28';
  return {
    'io.modelcontextprotocol/protocolVersion': revision,
    'io.modelcontextprotocol/clientCapabilities': dice.pick(CAPABILITIES),
    ...(dice.once(2)
      ? { 'io.modelcontextprotocol/clientInfo': { name: 'fuzz', version: '1' } }
      : {}),
    ...(dice.once(3) ? { 'io.modelcontextprotocol/logLevel': 'info' } : {}),
    ...(dice.once(3) ? { progressToken: `p${dice.below(9)}` } : {}),
  };
}

/** What answers a question of ours. */
export function answerTo(method: string, dice: Dice): Json {
  switch (method) {
    case 'elicitation/create':
      return dice.once(4)
        ? { action: dice.once(2) ? 'decline' : 'cancel' }
        : { action: 'accept', content: { colour: 'red', count: 3, sure: true } };
    case 'sampling/createMessage':
      return { role: 'assistant', content: { type: 'text', text: 'Ann' }, model: 'm' };
    default:
      return { roots: [{ uri: 'file:///work', name: 'work' }] };
  }
}
