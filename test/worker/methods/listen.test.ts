import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { z } from 'zod';

import type { Change } from '../../../src/worker/domain/change.ts';
import { listen } from '../../../src/worker/methods/listen.ts';
import { createResourceRegistry } from '../../../src/worker/resources/registry.ts';
import { defineTool } from '../../../src/worker/tools/tool.ts';
import { LocalChanges } from '../doubles.ts';
import { type Conversation, callOf, errorOf, openConversation } from './conversation.ts';
import { enveloped } from './eras.ts';

const SUBSCRIPTION = 'io.modelcontextprotocol/subscriptionId';
const tell = defineTool({
  name: 'tell',
  description: 'Tells of changes.',
  input: z.object({
    list: z.enum(['tools', 'prompts']).optional(),
    resource: z.string().optional(),
  }),
  async run({ list, resource }, { announce }) {
    if (list !== undefined) await announce({ list });
    if (resource !== undefined) await announce({ resource });
    return 'told';
  },
});

/** Begins to listen, under an id. Resolves with what ends it, once it is acknowledged. */
async function begin({ peer }: Conversation, id: string | number, notifications: object) {
  const params = enveloped({ notifications });
  const ended = peer.receive(
    JSON.stringify({ jsonrpc: '2.0', id, method: 'subscriptions/listen', params }),
  );
  await new Promise(setImmediate);
  return ended;
}

/** What was said of subscriptions, in short: which, and what. */
const heard = ({ sent }: Conversation) =>
  sent.flatMap((message) => {
    if (!('method' in message)) return [];
    const { _meta: meta, uri } = message.params;
    // Each of these was held to its schema.
    const subscription = (meta as Record<string, unknown> | undefined)?.[SUBSCRIPTION];
    return [[subscription, message.method.replace('notifications/', ''), uri]];
  });

const change = (conversation: Conversation, given: object) =>
  conversation.ask('tools/call', enveloped({ name: 'tell', arguments: given }));

suite('a subscription', () => {
  test('is acknowledged first, and told of what it asked for, under its own id', async () => {
    const conversation = openConversation({ tools: [tell] });
    void begin(conversation, 'a', { toolsListChanged: true });
    void begin(conversation, 0, { resourceSubscriptions: ['a:b'], promptsListChanged: false });
    await new Promise(setImmediate);
    await change(conversation, { list: 'tools', resource: 'a:b' });
    await change(conversation, { list: 'prompts', resource: 'a:c' });
    assert.deepEqual(heard(conversation), [
      ['a', 'subscriptions/acknowledged', undefined],
      [0, 'subscriptions/acknowledged', undefined],
      ['a', 'tools/list_changed', undefined],
      [0, 'resources/updated', 'a:b'],
    ]);
    conversation.peer.close('The socket closed');
  });

  test('ends unanswered when it is cancelled, and is told of nothing more', async () => {
    const conversation = openConversation({ tools: [tell] });
    const { peer } = conversation;
    const listening = begin(conversation, 'a', { toolsListChanged: true });
    await new Promise(setImmediate);
    const params = { requestId: 'a' };
    await peer.receive(
      JSON.stringify({ jsonrpc: '2.0', method: 'notifications/cancelled', params }),
    );
    await listening;
    await change(conversation, { list: 'tools' });
    assert.equal(heard(conversation).length, 1);
    assert.equal(peer.isBusy, false);
  });

  test('ends well when the server drains', async () => {
    const conversation = openConversation();
    const listening = begin(conversation, 7, {});
    await new Promise(setImmediate);
    await conversation.peer.drain();
    await listening;
    const last = conversation.sent.at(-1);
    assert.ok(last !== undefined && 'result' in last);
    const info = { name: 'holdfast', title: 'Holdfast', version: '1.2.3' };
    assert.deepEqual(last, {
      jsonrpc: '2.0',
      id: 7,
      result: {
        resultType: 'complete',
        _meta: { 'io.modelcontextprotocol/serverInfo': info, [SUBSCRIPTION]: 7 },
      },
    });
  });

  for (const notifications of [undefined, null, [], 'tools', { toolsListChanged: 1 }]) {
    test(`is refused with -32602 for ${JSON.stringify(notifications)}`, async () => {
      const { ask } = openConversation();
      const answer = await ask('subscriptions/listen', enveloped({ notifications }));
      assert.equal(errorOf(answer).code, -32_602);
    });
  }

  test('leaves nothing that listens behind, however it ends', async () => {
    let listeners = 0;
    const changes = new LocalChanges();
    const counted = {
      position: undefined,
      listen(heed: (change: Change, position: string | undefined) => void): Disposable {
        listeners += 1;
        const listening = changes.listen(heed);
        return {
          [Symbol.dispose]: () => {
            listeners -= 1;
            listening[Symbol.dispose]();
          },
        };
      },
    };
    const gone = new Error('gone');
    const unheard = callOf({ revision: '2026-07-28', notify: () => Promise.reject(gone) });
    const none = createResourceRegistry([]);
    await assert.rejects(listen(counted, none)({ notifications: {} }, unheard), gone);
    const over = callOf({ revision: '2026-07-28', signal: AbortSignal.abort() });
    await listen(counted, none)({ notifications: {} }, over);
    assert.equal(listeners, 0);
  });
});
