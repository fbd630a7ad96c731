import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import * as fc from 'fast-check';

import { serialise, serialiseOnce } from '../../../src/worker/protocol/serialise.ts';

const id = fc.oneof(fc.integer(), fc.string());
const list = fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { maxLength: 5 });
/** Names as they are on the wire: `__proto__` would be taken for something else here. */
const others = fc.dictionary(
  fc.stringMatching(/^[a-z]{1,8}$/),
  fc.option(fc.jsonValue(), { nil: undefined }),
);

suite('a message', () => {
  test('is what JSON has for it, whether or not a list in it was serialised before', () => {
    fc.assert(
      fc.property(id, list, others, fc.boolean(), (asked, entries, rest, isKept) => {
        const tools = isKept ? serialiseOnce(entries) : entries;
        const message = { jsonrpc: '2.0', id: asked, result: { ...rest, tools } } as const;
        assert.equal(serialise(message), JSON.stringify(message));
      }),
      { numRuns: 10_000 },
    );
  });

  test('is serialised anew where nothing was serialised before', () => {
    const text = { type: 'text', text: 'é\u2028"' };
    const messages = [
      { jsonrpc: '2.0', id: 1, result: { content: [text] } },
      { jsonrpc: '2.0', id: 'a', error: { code: -32600, message: 'no' } },
      { jsonrpc: '2.0', method: 'notifications/message', params: { data: text } },
    ] as const;
    for (const message of messages) assert.equal(serialise(message), JSON.stringify(message));
    const answers = [{ jsonrpc: '2.0', id: 1, result: {} }] as const;
    assert.equal(serialise(answers), JSON.stringify(answers));
  });

  test('does not see what is done to a list once it was serialised', () => {
    const entries = [{ name: 'a' }];
    serialiseOnce(entries);
    entries.push({ name: 'b' });
    const text = serialise({ jsonrpc: '2.0', id: 1, result: { tools: entries } });
    assert.equal(text, '{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"a"}]}}');
  });
});
