import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { Asks } from '../../../src/worker/protocol/asks.ts';
import { RpcError } from '../../../src/worker/protocol/errors.ts';
import type { Message, Response } from '../../../src/worker/protocol/frame.ts';
import { checkNotification, checkRequest } from '../../support/check-messages.ts';

const REQUEST = { method: 'roots/list', params: {} };
const never = () => new AbortController().signal;

/** Asks, where what is sent can be read. */
function open(prefix = 'w1.') {
  const asks = new Asks(prefix);
  const sent: Message[] = [];
  const send = async (message: Message): Promise<void> => {
    sent.push(message);
  };
  return { asks, sent, ask: (signal = never()) => asks.ask(REQUEST, send, signal) };
}

const resultOf = (id: string | number, result: object = { roots: [] }): Response => {
  return { jsonrpc: '2.0', id, result };
};

suite('what we ask', () => {
  test('has an id of its own each time, and is answered by what has that id', async () => {
    const { asks, sent, ask } = open();
    const [first, second] = [ask(), ask()];
    for (const message of sent) checkRequest('2025-11-25', message);
    assert.deepEqual(
      sent.map((message) => 'id' in message && message.id),
      ['w1.1', 'w1.2'],
    );
    assert.equal(asks.settle(resultOf('w1.2', { second: true })), true);
    assert.equal(asks.settle(resultOf('w1.1', { first: true })), true);
    assert.deepEqual(await Promise.all([first, second]), [{ first: true }, { second: true }]);
  });

  for (const id of ['w1.2', 'w2.1', '1', '', 1, 0, '__proto__', 'w1.1 ']) {
    test(`is not answered by what has the id ${JSON.stringify(id)}`, async () => {
      const { asks, ask } = open();
      const asking = ask();
      assert.equal(asks.settle(resultOf(id)), false);
      assert.equal(asks.settle(resultOf('w1.1')), true);
      await asking;
    });
  }

  test('is answered once', async () => {
    const { asks, ask } = open();
    const asking = ask();
    assert.equal(asks.settle(resultOf('w1.1', { first: true })), true);
    assert.equal(asks.settle(resultOf('w1.1', { second: true })), false);
    assert.deepEqual(await asking, { first: true });
  });

  test('is not answered by what has no id', async () => {
    const { asks, ask } = open();
    const asking = ask();
    assert.equal(asks.settle({ jsonrpc: '2.0', error: { code: 1, message: 'no' } }), false);
    asks.settle(resultOf('w1.1'));
    await asking;
  });

  for (const [given, code] of [
    [-32_601, -32_601],
    [-1, -1],
    [0, 0],
    [1.5, -32_603],
    [Number.MAX_VALUE, -32_603],
  ] as const) {
    test(`may be answered with an error: ${given} counts as ${code}`, async () => {
      const { asks, ask } = open();
      const asking = ask();
      const error = { code: given, message: 'No', data: { why: 'not' } };
      assert.equal(asks.settle({ jsonrpc: '2.0', id: 'w1.1', error }), true);
      await assert.rejects(asking, (thrown) => {
        assert.ok(thrown instanceof RpcError);
        assert.deepEqual([thrown.code, thrown.message, thrown.data], [code, 'No', { why: 'not' }]);
        return true;
      });
    });
  }
});

suite('what we no longer wait for', () => {
  test('is told to be cancelled, rejects with the reason, and is not answered later', async () => {
    const { asks, sent, ask } = open();
    const controller = new AbortController();
    const asking = ask(controller.signal);
    const reason = new Error('gone');
    controller.abort(reason);
    await assert.rejects(asking, reason);
    const [, cancelled] = sent;
    checkNotification('2025-11-25', cancelled);
    const params = { requestId: 'w1.1', reason: 'Given up' };
    assert.deepEqual(cancelled, { jsonrpc: '2.0', method: 'notifications/cancelled', params });
    assert.equal(asks.settle(resultOf('w1.1')), false);
  });

  test('is not asked at all if that was so before', async () => {
    const { sent, ask } = open();
    await assert.rejects(ask(AbortSignal.abort(new Error('gone'))), /gone/);
    assert.deepEqual(sent, []);
  });

  test('is nothing that was answered', async () => {
    const { asks, sent, ask } = open();
    const controller = new AbortController();
    const asking = ask(controller.signal);
    asks.settle(resultOf('w1.1'));
    await asking;
    controller.abort();
    assert.equal(sent.length, 1);
  });

  test('is what could not be sent', async () => {
    const asks = new Asks('');
    const asking = asks.ask(REQUEST, () => Promise.reject(new Error('lost')), never());
    await assert.rejects(asking, RpcError);
    assert.equal(asks.settle(resultOf('1')), false);
  });
});
