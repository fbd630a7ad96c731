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
    visit: async (id: string): Promise<LocalSession<string>> => {
      let seen: LocalSession<string> | undefined;
      await sessions.within(id, REQUESTS, async (local) => {
        seen = local;
      });
      assert.ok(seen !== undefined);
      return seen;
    },
  };
}

suite('what a worker keeps of sessions', () => {
  test('is there again when one is asked in again', async () => {
    const { visit } = open();
    const before = await visit('a');
    assert.notEqual(await visit('b'), before);
    assert.equal(await visit('a'), before);
  });

  test('is forgotten when it is ended', async () => {
    const { sessions, visit } = open();
    const before = await visit('a');
    sessions.end('a', 'It is over');
    assert.equal(sessions.size, 0);
    assert.notEqual(await visit('a'), before);
  });

  test('is bounded: the oldest are forgotten, and the latest is kept', async () => {
    const { sessions, visit } = open();
    const first = await visit('0');
    let last = first;
    for (let id = 1; id < 1_200; id++) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other: none of them is busy
      last = await visit(`${id}`);
    }
    assert.equal(sessions.size, 1_000);
    assert.equal(await visit('1199'), last);
    assert.notEqual(await visit('0'), first);
  });

  test('is not forgotten while something runs of it, however many others come', async () => {
    const { sessions, visit } = open();
    const busy = await visit('busy');
    const running = sessions.within('busy', REQUESTS, ({ requests, asks }) =>
      requests.answer(
        { jsonrpc: '2.0', id: 1, method: 'hang', params: {} },
        { caller: 'ann', party: LEGACY, asks, replyTo: { send: async () => undefined } },
      ),
    );
    for (let id = 0; id < 2_500; id++) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other: none of them is busy
      await visit(`${id}`);
    }
    assert.equal(sessions.find('busy'), busy);
    assert.equal(sessions.close('The server stops'), 1);
    await running;
  });

  test('is no work that has to be waited for', async () => {
    const { sessions, visit } = open();
    await visit('a');
    await sessions.untilIdle();
    assert.equal(sessions.close('The server stops'), 0);
  });
});
