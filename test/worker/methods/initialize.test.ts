import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { initialize } from '../../../src/worker/methods/initialize.ts';
import type { Handshake } from '../../../src/worker/protocol/methods.ts';
import { callOf, errorOf, HELLO, openConversation, resultOf } from './conversation.ts';

const CAPABILITIES = {
  tools: { listChanged: true },
  resources: { subscribe: true, listChanged: true },
  prompts: { listChanged: true },
  logging: {},
  completions: {},
};

suite('initialize', () => {
  for (const revision of ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05']) {
    test(`for revision ${revision} settles on it`, async () => {
      const { ask } = openConversation();
      const result = resultOf(await ask('initialize', { ...HELLO, protocolVersion: revision }));
      assert.ok('protocolVersion' in result);
      assert.equal(result.protocolVersion, revision);
    });
  }

  test('names itself and its capabilities in the words that 2024-11-05 has', async () => {
    const { ask } = openConversation();
    const { completions: _newer, ...capabilities } = CAPABILITIES;
    assert.deepEqual(
      resultOf(await ask('initialize', { ...HELLO, protocolVersion: '2024-11-05' })),
      {
        protocolVersion: '2024-11-05',
        capabilities,
        serverInfo: { name: 'holdfast', version: '1.2.3' },
      },
    );
  });

  for (const [asked, what] of [
    ['2026-07-28', 'which has no handshake'],
    ['2999-01-01', 'which is not there yet'],
    ['', 'which is none'],
    ['__proto__', 'which is none'],
  ]) {
    test(`for revision "${asked}", ${what}, settles on our newest with a handshake`, async () => {
      const { ask } = openConversation();
      const answer = await ask('initialize', { ...HELLO, protocolVersion: asked });
      assert.deepEqual(resultOf(answer), {
        protocolVersion: '2025-11-25',
        capabilities: CAPABILITIES,
        serverInfo: { name: 'holdfast', title: 'Holdfast', version: '1.2.3' },
      });
    });
  }

  for (const [what, params, named] of [
    ['no revision', { ...HELLO, protocolVersion: undefined }, 'protocolVersion'],
    ['a number for a revision', { ...HELLO, protocolVersion: 20_251_125 }, 'protocolVersion'],
    ['no capabilities', { ...HELLO, capabilities: undefined }, 'capabilities'],
    ['an array of capabilities', { ...HELLO, capabilities: [] }, 'capabilities'],
    ['nobody who asks', { ...HELLO, clientInfo: undefined }, 'clientInfo'],
    ['a text for who asks', { ...HELLO, clientInfo: 'me' }, 'clientInfo'],
    ['who asks without a name', { ...HELLO, clientInfo: { version: '1' } }, 'clientInfo'],
    ['who asks without a version', { ...HELLO, clientInfo: { name: 'a' } }, 'clientInfo'],
    ['a number for a version', { ...HELLO, clientInfo: { name: 'a', version: 1 } }, 'clientInfo'],
  ] as const) {
    test(`with ${what} is refused with -32602, and nothing is settled by it`, async () => {
      const { ask } = openConversation();
      const { code, message } = errorOf(await ask('initialize', params));
      assert.equal(code, -32602);
      assert.ok(message.includes(named), message);
      assert.equal(errorOf(await ask('tools/list')).code, -32602);
      resultOf(await ask('initialize', HELLO));
      resultOf(await ask('tools/list'));
    });
  }

  test('keeps 200 characters of the name and the version of who asks', async () => {
    const settled: Handshake[] = [];
    const conversation = {
      begin: async (handshake: Handshake) => {
        settled.push(handshake);
      },
      setLogLevel: async () => undefined,
      subscribe: async () => undefined,
      unsubscribe: async () => undefined,
    };
    await initialize({ name: 'holdfast', title: 'Holdfast', version: '1' })(
      { ...HELLO, clientInfo: { name: 'n'.repeat(1_000), version: 'v'.repeat(1_000) } },
      callOf({ conversation }),
    );
    const client = { name: 'n'.repeat(200), version: 'v'.repeat(200) };
    assert.deepEqual(settled, [{ revision: '2025-11-25', client, capabilities: {} }]);
  });
});
