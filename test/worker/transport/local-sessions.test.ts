import assert from 'node:assert/strict';
import { once } from 'node:events';
import { suite, test } from 'node:test';

import { RpcCode, RpcError } from '../../../src/worker/protocol/errors.ts';
import { createDispatch, type Method, type Party } from '../../../src/worker/protocol/methods.ts';
import { type LocalSession, LocalSessions } from '../../../src/worker/transport/local-sessions.ts';

const hang: Method<string> = async (_params, { signal }) => {
  if (!signal.aborted) await once(signal, 'abort');
  throw signal.reason;
};
const dispatch = createDispatch<string>({
  table: { hang },
  explain: () => new RpcError(RpcCode.InternalError, 'It was aborted'),
  complete: (_method, result) => result,
});
const REQUESTS = { dispatches: { legacy: dispatch, modern: dispatch }, inFlightMax: 8 };

const LEGACY: Party = {
  revision: '2025-11-25',
  capabilities: {},
  logLevel: undefined,
  conversation: undefined,
};

/** Sessions of a worker. */
function open() {
  const sessions = new LocalSessions<string>('worker');
  return {
    sessions,
    /** Does nothing in a session, and says what there is of it. */
    visit: (id: string): LocalSession<string> => {
      const local = sessions.enter(id, REQUESTS);
      sessions.leave(id, local);
      return local;
    },
  };
}

suite('what a worker keeps of sessions', () => {
  test('is there again when one is asked in again', () => {
    const { visit } = open();
    const before = visit('a');
    assert.notEqual(visit('b'), before);
    assert.equal(visit('a'), before);
  });

  test('is forgotten when it is ended', () => {
    const { sessions, visit } = open();
    const before = visit('a');
    sessions.end('a', 'It is over');
    assert.equal(sessions.size, 0);
    assert.notEqual(visit('a'), before);
  });

  test('is bounded: the oldest are forgotten, and the latest is kept', () => {
    const { sessions, visit } = open();
    const first = visit('0');
    let last = first;
    for (let id = 1; id < 1_200; id++) last = visit(`${id}`);
    assert.equal(sessions.size, 1_000);
    assert.equal(visit('1199'), last);
    assert.notEqual(visit('0'), first);
  });

  test('is not forgotten while something runs of it, however many others come', async () => {
    const { sessions, visit } = open();
    const busy = visit('busy');
    const { requests, asks } = sessions.enter('busy', REQUESTS);
    const running = requests.answer(
      { jsonrpc: '2.0', id: 1, method: 'hang', params: {} },
      { caller: 'ann', party: LEGACY, asks, replyTo: { send: async () => undefined } },
    );
    for (let id = 0; id < 2_500; id++) visit(`${id}`);
    assert.equal(sessions.find('busy'), busy);
    assert.equal(sessions.close('The server stops'), 1);
    await running;
  });

  test('is no work that has to be waited for', async () => {
    const { sessions, visit } = open();
    visit('a');
    await sessions.untilIdle();
    assert.equal(sessions.close('The server stops'), 0);
  });
});
