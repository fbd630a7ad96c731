import assert from 'node:assert/strict';
import { once } from 'node:events';
import { suite, test } from 'node:test';

import { Failure } from '../../../src/shared/errors.ts';
import type { Call, Method } from '../../../src/worker/protocol/methods.ts';
import { Peer } from '../../../src/worker/protocol/peer.ts';
import { noChanges } from '../doubles.ts';
import { JSON_BOUNDS } from './json-bounds.ts';
import { cancellationOf, codesOf, openPeer, requestOf } from './open-peer.ts';

/** Methods that run until they are let go, and what they were given. */
function openGate() {
  const calls: Call<string>[] = [];
  const gate = Promise.withResolvers<void>();
  const wait: Method<string> = async (_params, call) => {
    calls.push(call);
    await gate.promise;
    return {};
  };
  return { wait, calls, open: gate.resolve };
}

const hang: Method<string> = async (_params, { signal }) => {
  if (!signal.aborted) await once(signal, 'abort');
  throw signal.reason;
};

async function openInitialized(table: Readonly<Record<string, Method<string>>>, inFlightMax = 8) {
  const opened = openPeer(table, inFlightMax);
  await opened.ask(requestOf('hello', 'initialize'));
  return { ...opened, answers: () => opened.sent.slice(1) };
}

const initialize: Method<string> = async ({ good }, { conversation }) => {
  if (good !== true) throw new Failure('invalid', 'Not good');
  const client = { name: 'test', version: '1' };
  await conversation?.begin({ revision: '2025-11-25', client, capabilities: {} });
  return {};
};

const echo: Method<string> = async (params, { caller, requestId }) => {
  return { params, caller, requestId };
};

const count: Method<string> = async (_params, { notify }) => {
  await notify('notifications/progress', { progress: 1 });
  await notify('notifications/progress', { progress: 2 });
  return { counted: 2 };
};

const leak: Method<string> = async () => {
  throw new Error('password=hunter2');
};

suite('the handshake', () => {
  for (const method of ['tools/list', 'toString', 'nothing/of/the/kind']) {
    test(`comes before ${method}`, async () => {
      const { ask, sent } = openPeer({ 'tools/list': async () => ({}) }, 8);
      await ask(requestOf(1, method));
      assert.deepEqual(codesOf(sent), [-32602]);
    });
  }

  test('need not come before a ping', async () => {
    const { ask, sent } = openPeer({}, 8);
    await ask(requestOf(1, 'ping'));
    assert.deepEqual(sent, [{ jsonrpc: '2.0', id: 1, result: {} }]);
  });

  test('is done once', async () => {
    const { ask, answers } = await openInitialized({});
    await ask(requestOf(2, 'initialize'));
    assert.deepEqual(codesOf(answers()), [-32600]);
  });

  test('may be tried again when it failed', async () => {
    const { ask, sent } = openPeer({ initialize, 'tools/list': async () => ({}) }, 8);
    await ask(requestOf(1, 'initialize'));
    await ask(requestOf(2, 'tools/list'));
    await ask(requestOf(3, 'initialize', { good: true }));
    await ask(requestOf(4, 'tools/list'));
    assert.deepEqual(codesOf(sent), [-32602, -32602, 'result', 'result']);
  });

  test('and a request sent in the same tick are both answered', async () => {
    const { ask, sent } = openPeer({ 'tools/list': async () => ({ tools: [] }) }, 8);
    await Promise.all([ask(requestOf(1, 'initialize')), ask(requestOf(2, 'tools/list'))]);
    assert.deepEqual(codesOf(sent), ['result', 'result']);
  });
});

suite('a request', () => {
  test('has its caller, its id and its params handed to its method', async () => {
    const { ask, answers } = await openInitialized({ echo });
    await ask(requestOf('a', 'echo', { b: 1 }));
    const result = { params: { b: 1 }, caller: 'ann', requestId: 'a' };
    assert.deepEqual(answers(), [{ jsonrpc: '2.0', id: 'a', result }]);
  });

  for (const method of ['toString', '__proto__', 'constructor', '', 'rpc.discover']) {
    test(`for the unknown method "${method}" is refused with -32601`, async () => {
      const { ask, answers } = await openInitialized({});
      await ask(requestOf(1, method));
      assert.deepEqual(codesOf(answers()), [-32601]);
    });
  }

  test('may not have the id of one that still runs', async () => {
    const { wait, open } = openGate();
    const { ask, answers } = await openInitialized({ wait });
    const first = ask(requestOf(1, 'wait'));
    await ask(requestOf(1, 'ping'));
    assert.deepEqual(codesOf(answers()), [-32600]);
    open();
    await first;
    await ask(requestOf(1, 'ping'));
    assert.deepEqual(codesOf(answers()), [-32600, 'result', 'result']);
  });

  test('with the id 1 and one with the id "1" run side by side', async () => {
    const { ask, answers } = await openInitialized({});
    await Promise.all([ask(requestOf(1, 'ping')), ask(requestOf('1', 'ping'))]);
    assert.deepEqual(codesOf(answers()), ['result', 'result']);
  });

  test('beyond the most that may run at once is refused with 429 and told when to come back', async () => {
    const { wait, open } = openGate();
    const { ask, answers } = await openInitialized({ wait }, 2);
    const running = [ask(requestOf(1, 'wait')), ask(requestOf(2, 'wait'))];
    await ask(requestOf(3, 'ping'));
    const [refusal] = answers();
    assert.ok(refusal !== undefined && 'error' in refusal);
    assert.equal(refusal.error.code, 429);
    assert.deepEqual(refusal.error.data, { retryAfterMs: 1_000 });
    open();
    await Promise.all(running);
    await ask(requestOf(3, 'ping'));
    assert.deepEqual(codesOf(answers()), [429, 'result', 'result', 'result']);
  });

  test('has its notifications sent before its answer', async () => {
    const { ask, answers } = await openInitialized({ count });
    await ask(requestOf(1, 'count'));
    assert.deepEqual(answers(), [
      { jsonrpc: '2.0', method: 'notifications/progress', params: { progress: 1 } },
      { jsonrpc: '2.0', method: 'notifications/progress', params: { progress: 2 } },
      { jsonrpc: '2.0', id: 1, result: { counted: 2 } },
    ]);
  });

  test('has no notification sent after its answer', async () => {
    const { wait, calls, open } = openGate();
    const { ask, answers } = await openInitialized({ wait });
    open();
    await ask(requestOf(1, 'wait'));
    await calls[0]?.notify('notifications/progress', { progress: 1 });
    assert.deepEqual(codesOf(answers()), ['result']);
  });

  test('that fails as nobody foresaw is answered without the text of the error', async () => {
    const { ask, answers } = await openInitialized({ leak });
    await ask(requestOf(1, 'leak'));
    const error = { code: -32603, message: 'Internal error', data: { kind: 'internal' } };
    assert.deepEqual(answers(), [{ jsonrpc: '2.0', id: 1, error }]);
  });
});

suite('a cancelled request', () => {
  for (const id of [0, '', 'a', 7]) {
    test(`with the id ${JSON.stringify(id)} is aborted and gets no answer`, async () => {
      const { ask, answers } = await openInitialized({ hang });
      const running = ask(requestOf(id, 'hang'));
      assert.equal(await ask(cancellationOf(id)), true);
      await running;
      assert.deepEqual(answers(), []);
    });
  }

  test('gets no answer and no notification even if its method does not listen', async () => {
    const { wait, calls, open } = openGate();
    const { ask, answers } = await openInitialized({ wait });
    const running = ask(requestOf(1, 'wait'));
    await new Promise(setImmediate);
    await ask(cancellationOf(1));
    assert.equal(calls[0]?.signal.aborted, true);
    await calls[0].notify('notifications/progress', { progress: 1 });
    open();
    await running;
    assert.deepEqual(answers(), []);
  });

  for (const requestId of ['1', 2, null, undefined, {}, [1], '__proto__']) {
    test(`is not meant by a cancellation of ${JSON.stringify(requestId)}`, async () => {
      const { wait, calls, open } = openGate();
      const { ask, answers } = await openInitialized({ wait });
      const running = ask(requestOf(1, 'wait'));
      await new Promise(setImmediate);
      await ask(cancellationOf(requestId));
      assert.equal(calls[0]?.signal.aborted, false);
      open();
      await running;
      assert.deepEqual(codesOf(answers()), ['result']);
    });
  }
});

suite('what is no request', () => {
  for (const [what, frame] of [
    ['an answer', '{"jsonrpc":"2.0","id":1,"result":{}}'],
    ['an unknown notification', '{"jsonrpc":"2.0","method":"notifications/none"}'],
    ['a request without an id', '{"jsonrpc":"2.0","method":"ping"}'],
  ] as const) {
    test(`is not answered: ${what}`, async () => {
      const { peer, answers } = await openInitialized({});
      assert.equal(await peer.receive(frame), true);
      assert.deepEqual(answers(), []);
    });
  }

  test('is not answered: a notification with positional params', async () => {
    const { peer, answers } = await openInitialized({});
    await peer.receive('{"jsonrpc":"2.0","method":"notifications/none","params":[1]}');
    assert.deepEqual(answers(), []);
  });

  test('is refused if it is malformed, and the transport is told', async () => {
    const { peer, answers } = await openInitialized({});
    assert.equal(await peer.receive('nope'), false);
    assert.deepEqual(codesOf(answers()), [-32700]);
  });
});

suite('the end', () => {
  test('by closing aborts what runs and leaves it unanswered', async () => {
    const { peer, ask, answers } = await openInitialized({ hang });
    const running = [ask(requestOf(1, 'hang')), ask(requestOf(2, 'hang'))];
    peer.close('The socket closed');
    await Promise.all(running);
    assert.deepEqual(answers(), []);
  });

  test('by draining waits for what runs and refuses what comes with 503', async () => {
    const { wait, open } = openGate();
    const { peer, ask, answers } = await openInitialized({ wait });
    const running = ask(requestOf(1, 'wait'));
    let drained = false;
    const draining = peer.drain().then(() => {
      drained = true;
    });
    await ask(requestOf(2, 'ping'));
    const [refusal] = answers();
    assert.ok(refusal !== undefined && 'error' in refusal);
    assert.equal(refusal.error.code, 503);
    assert.deepEqual(refusal.error.data, { retryAfterMs: 1_000 });
    assert.equal(drained, false);
    open();
    await Promise.all([running, draining]);
    assert.deepEqual(codesOf(answers()), [503, 'result']);
  });

  test('by draining is at once when nothing runs', async () => {
    const { peer } = await openInitialized({});
    await peer.drain();
  });

  test('by draining does not wait for what was aborted and listens', async () => {
    const { peer, ask } = await openInitialized({ hang });
    const running = ask(requestOf(1, 'hang'));
    const drained = peer.drain();
    peer.close('The socket closed');
    await Promise.all([running, drained]);
  });
});

test("what the outlet rejects with is the transport's affair", async () => {
  const lost = new Error('lost');
  const { dispatch } = openPeer({}, 8);
  const dispatches = { legacy: dispatch, modern: dispatch };
  const outlet = { send: () => Promise.reject(lost) };
  const peer = new Peer({
    dispatches,
    caller: 'ann',
    outlet,
    changes: noChanges,
    jsonBounds: JSON_BOUNDS,
    inFlightMax: 1,
  });
  await assert.rejects(peer.receive(JSON.stringify(requestOf(1, 'ping'))), lost);
});
