import assert from 'node:assert/strict';
import { once } from 'node:events';
import { suite, test } from 'node:test';

import { silent } from '../../../src/shared/logger.ts';
import { explainTo } from '../../../src/worker/methods/explain.ts';
import { Asks } from '../../../src/worker/protocol/asks.ts';
import { RpcError } from '../../../src/worker/protocol/errors.ts';
import type { Message, RequestId } from '../../../src/worker/protocol/frame.ts';
import {
  type Call,
  createDispatch,
  type Method,
  type Party,
} from '../../../src/worker/protocol/methods.ts';
import { Occupancy } from '../../../src/worker/protocol/occupancy.ts';
import { type Ended, Requests } from '../../../src/worker/protocol/requests.ts';

const LEGACY: Party = {
  revision: '2025-11-25',
  capabilities: {},
  logLevel: undefined,
  conversation: undefined,
};
const MODERN: Party = { ...LEGACY, revision: '2026-07-28' };

type Table = Readonly<Record<string, Method<string>>>;

/** Requests of methods from a table, where a test decides when what is sent has arrived. */
function open(
  table: Table,
  arrived: (message: Message) => Promise<void> = async () => undefined,
  running = new Occupancy(100),
) {
  const sent: Message[] = [];
  const ended: Ended[] = [];
  const refused: string[] = [];
  const limited: string[] = [];
  const asks = new Asks('q');
  const dispatch = createDispatch({
    table,
    explain: explainTo(silent),
    complete: (_method, result) => result,
  });
  const requests = new Requests({
    dispatches: { legacy: dispatch, modern: dispatch },
    inFlightMax: 3,
    takePlace: (caller) => running.take(caller),
    observer: {
      begin: () => (how) => {
        ended.push(how);
      },
      refuse: (limit) => {
        refused.push(limit);
      },
    },
    onLimited: (caller) => limited.push(caller),
  });
  const send = async (message: Message): Promise<void> => {
    sent.push(message);
    await arrived(message);
  };
  return {
    requests,
    asks,
    sent,
    ended,
    refused,
    limited,
    answer: (id: RequestId, method: string, party: Party | RpcError = LEGACY) =>
      requests.answer(
        { jsonrpc: '2.0', id, method, params: {} },
        { caller: 'ann', party, asks, replyTo: { send } },
      ),
  };
}

/** What was sent, in short. */
const shortly = (sent: readonly Message[]) =>
  sent.map((message) => {
    if ('method' in message) return message.method;
    return 'error' in message ? message.error.code : 'result';
  });

const hang: Method<string> = async (_params, { signal }) => {
  if (!signal.aborted) await once(signal, 'abort');
  throw signal.reason;
};
const listen: Method<string> = async (_params, { ending, signal }) => {
  const over = AbortSignal.any([ending, signal]);
  if (!over.aborted) await once(over, 'abort');
  return { heard: true };
};
const ping: Method<string> = async () => ({});

suite('requests of a channel', () => {
  test('share their ids across eras', async () => {
    const { answer, requests, sent } = open({ hang, ping });
    const running = answer(1, 'hang', MODERN);
    await answer(1, 'ping', LEGACY);
    assert.deepEqual(shortly(sent), [-32600]);
    assert.equal(requests.cancel(1), true);
    await running;
    await answer(1, 'ping', LEGACY);
    assert.deepEqual(shortly(sent), [-32600, 'result']);
  });

  test('are told apart by the type of the id', async () => {
    const { answer, requests, sent } = open({ hang, ping });
    const running = answer('1', 'hang');
    await answer(1, 'ping');
    assert.equal(requests.cancel(1), false);
    assert.equal(requests.cancel('1'), true);
    await running;
    assert.deepEqual(shortly(sent), ['result']);
  });

  test('are as many at once as may be, and one that is refused says so', async () => {
    const { answer, requests, sent, refused, limited } = open({ hang, ping });
    const running = [1, 2, 3].map((id) => answer(id, 'hang'));
    await answer(4, 'ping');
    assert.deepEqual(shortly(sent), [429]);
    assert.deepEqual(refused, ['calls_in_flight']);
    assert.deepEqual(limited, ['ann']);
    requests.close('gone');
    await Promise.all(running);
    assert.equal(requests.isBusy, false);
  });

  test('of one caller are as many at once as may be, over all its channels', async () => {
    const running = new Occupancy(3);
    const here = open({ hang, ping }, undefined, running);
    const there = open({ hang, ping }, undefined, running);
    const hanging = [here.answer(1, 'hang'), here.answer(2, 'hang'), there.answer(1, 'hang')];
    await there.answer(2, 'ping');
    assert.deepEqual(shortly(there.sent), [429]);
    assert.deepEqual(there.refused, ['calls_of_one']);
    assert.deepEqual([here.limited, there.limited], [[], ['ann']]);
    here.requests.cancel(1);
    await hanging[0];
    await there.answer(3, 'ping');
    assert.deepEqual(shortly(there.sent), [429, 'result']);
    for (const { requests } of [here, there]) requests.close('gone');
    await Promise.all(hanging);
    assert.equal(running.size, 0);
  });

  test('are turned down by what is wrong with them at the moment, and run nothing', async () => {
    const { answer, sent, ended } = open({ ping });
    await answer(1, 'ping', new RpcError(-32_602, 'Not now'));
    assert.deepEqual(sent, [
      { jsonrpc: '2.0', id: 1, error: { code: -32_602, message: 'Not now' } },
    ]);
    assert.deepEqual(ended, [{ response: sent[0], cancelled: false, revision: undefined }]);
  });

  test('say of each once how it ended', async () => {
    const { answer, requests, ended } = open({ hang, ping });
    const running = answer(1, 'hang');
    await answer(2, 'ping', MODERN);
    requests.cancel(1);
    requests.cancel(1);
    await running;
    assert.deepEqual(
      ended.map(({ cancelled, revision }) => [cancelled, revision]),
      [
        [false, '2026-07-28'],
        [true, '2025-11-25'],
      ],
    );
  });
});

suite('a drain', () => {
  test('ends what listens, answers it, and refuses what comes', async () => {
    const { answer, requests, sent } = open({ listen, ping });
    const listening = answer(1, 'listen', MODERN);
    const drained = requests.drain();
    await answer(2, 'ping');
    await Promise.all([listening, drained]);
    assert.deepEqual(shortly(sent), [503, 'result']);
  });

  test('lasts until the answer has arrived', async () => {
    const arrival = Promise.withResolvers<void>();
    const { answer, requests } = open({ ping }, () => arrival.promise);
    const running = answer(1, 'ping');
    let isOver = false;
    const drained = requests.drain().then(() => {
      isOver = true;
    });
    await new Promise(setImmediate);
    assert.equal(isOver, false);
    arrival.resolve();
    await Promise.all([running, drained]);
  });

  test('ends when what runs is closed', async () => {
    const { answer, requests, sent } = open({ hang });
    const running = answer(1, 'hang');
    const drained = requests.drain();
    requests.close('gone');
    await Promise.all([running, drained]);
    assert.deepEqual(sent, []);
  });

  test('ends although an answer could not be sent', async () => {
    const lost = new Error('lost');
    const { answer, requests } = open({ ping }, () => Promise.reject(lost));
    const running = assert.rejects(answer(1, 'ping'), lost);
    await Promise.all([running, requests.drain()]);
    assert.equal(requests.isBusy, false);
  });
});

suite('after the answer', () => {
  test('nothing is said, though the answer has not arrived yet', async () => {
    const arrival = Promise.withResolvers<void>();
    const given = Promise.withResolvers<Call<string>>();
    const left: Method<string> = async (_params, call) => {
      given.resolve(call);
      return {};
    };
    const { answer, sent } = open({ left }, () => arrival.promise);
    const running = answer(1, 'left');
    const call = await given.promise;
    await new Promise(setImmediate);
    assert.deepEqual(shortly(sent), ['result']);
    await call.notify('notifications/message', {});
    await assert.rejects(call.askParty('roots/list', {}, new AbortController().signal));
    arrival.resolve();
    await running;
    assert.deepEqual(shortly(sent), ['result']);
  });

  test('a question that was left open is given up, and the other end told before', async () => {
    let asking: Promise<object> | undefined;
    const leave: Method<string> = async (_params, { askParty }) => {
      asking = askParty('roots/list', {}, new AbortController().signal);
      asking.catch(() => undefined);
      await new Promise(setImmediate);
      return {};
    };
    const { answer, asks, sent } = open({ leave });
    await answer(1, 'leave');
    assert.deepEqual(shortly(sent), ['roots/list', 'notifications/cancelled', 'result']);
    const [asked, given] = sent;
    assert.ok(asked !== undefined && 'id' in asked && given !== undefined && 'params' in given);
    assert.equal(given.params.requestId, asked.id);
    assert.ok(asking !== undefined);
    await assert.rejects(asking);
    assert.equal(asks.settle({ jsonrpc: '2.0', id: String(asked.id), result: {} }), false);
  });
});
