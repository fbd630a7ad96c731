import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { ANONYMOUS } from '../../../src/worker/domain/principal.ts';
import { initialize } from '../../../src/worker/methods/initialize.ts';
import type { Handshake } from '../../../src/worker/protocol/methods.ts';
import { errorOf, HELLO, openConversation, resultOf } from './conversation.ts';

suite('initialize', () => {
  for (const [asked, what] of [
    ['2025-11-25', 'which we speak'],
    ['2026-07-28', 'which has no handshake'],
    ['2024-11-05', 'which is too old'],
    ['2999-01-01', 'which is not there yet'],
    ['', 'which is none'],
    ['__proto__', 'which is none'],
  ]) {
    test(`for revision "${asked}", ${what}, settles on 2025-11-25`, async () => {
      const { ask } = openConversation();
      const answer = await ask('initialize', { ...HELLO, protocolVersion: asked });
      assert.deepEqual(resultOf(answer), {
        protocolVersion: '2025-11-25',
        capabilities: { tools: {} },
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
      assert.equal(errorOf(await ask('tools/list')).code, -32600);
      resultOf(await ask('initialize', HELLO));
      resultOf(await ask('tools/list'));
    });
  }

  test('keeps 200 characters of the name and the version of who asks', async () => {
    const settled: Handshake[] = [];
    await initialize('1')(
      { ...HELLO, clientInfo: { name: 'n'.repeat(1_000), version: 'v'.repeat(1_000) } },
      {
        caller: ANONYMOUS,
        requestId: 1,
        signal: new AbortController().signal,
        notify: async () => undefined,
        settle: (handshake) => settled.push(handshake),
      },
    );
    const client = { name: 'n'.repeat(200), version: 'v'.repeat(200) };
    assert.deepEqual(settled, [{ revision: '2025-11-25', client }]);
  });
});
