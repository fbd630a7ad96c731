import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { Failure } from '../../src/shared/errors.ts';
import type { Message } from '../../src/worker/protocol/frame.ts';
import { Dialogue } from '../../src/worker/tools/mounted/dialogue.ts';
import { Secrets } from '../../src/worker/tools/mounted/secrets.ts';

const never = new AbortController().signal;

/** A dialogue with somebody who says what the test says. */
function open(inFlightMax = 10) {
  const sent: Message[] = [];
  const dialogue = new Dialogue({
    name: 'it',
    secrets: new Secrets([]),
    deliver: async (message) => {
      sent.push(message);
    },
    onChanged: () => undefined,
    onGarbage: () => undefined,
    inFlightMax,
  });
  return { dialogue, sent };
}

suite('a dialogue with a mounted server', () => {
  test('has so many questions open at once, and no more', async () => {
    const { dialogue, sent } = open(2);
    const asked = [1, 2].map((n) => dialogue.ask('tools/call', { n }, { signal: never }));
    await assert.rejects(
      dialogue.ask('tools/call', {}, { signal: never }),
      (error) => error instanceof Failure && error.code === 'limited',
    );
    for (const message of sent) {
      const id = 'id' in message ? message.id : undefined;
      dialogue.message(JSON.stringify({ jsonrpc: '2.0', id, result: { id } }));
    }
    assert.equal((await Promise.all(asked)).length, 2);
    const third = dialogue.ask('tools/call', {}, { signal: never });
    const last = sent.at(-1);
    const id = last !== undefined && 'id' in last ? last.id : undefined;
    dialogue.message(JSON.stringify({ jsonrpc: '2.0', id, result: {} }));
    assert.deepEqual(await third, {});
  });

  test('is not taken in by an answer to what was not asked', async () => {
    const { dialogue, sent } = open();
    const asked = dialogue.ask('tools/list', {}, { signal: never });
    for (const id of [1, '1', 'x-1', null]) {
      dialogue.message(JSON.stringify({ jsonrpc: '2.0', id, result: { forged: true } }));
    }
    const [message] = sent;
    const id = message !== undefined && 'id' in message ? message.id : undefined;
    dialogue.message(JSON.stringify({ jsonrpc: '2.0', id, result: { forged: false } }));
    assert.deepEqual(await asked, { forged: false });
  });
});
