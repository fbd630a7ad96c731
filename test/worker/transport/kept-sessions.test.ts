import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { createDispatch } from '../../../src/worker/protocol/methods.ts';
import { HttpSessions, type LocalSession } from '../../../src/worker/transport/http-sessions.ts';
import { LocalBus, LocalSessions, oneWorker } from '../doubles.ts';

const dispatch = createDispatch<string>({
  table: {},
  explain: () => assert.fail('nothing is asked'),
  complete: (_method, result) => result,
});
const REQUESTS = { dispatches: { legacy: dispatch, modern: dispatch }, inFlightMax: 8 };

/** Sessions of a worker that is alone. */
function open() {
  const sessions = new HttpSessions<string>({
    principalOf: (caller) => caller,
    addressOf: () => undefined,
    onIntruder: () => undefined,
    sessions: new LocalSessions(),
    bus: new LocalBus(),
    workers: oneWorker,
  });
  return {
    sessions,
    /** Does nothing in a session, and says what there is of it. */
    visit: async (id: string): Promise<LocalSession<string> | undefined> => {
      let seen: LocalSession<string> | undefined;
      await sessions.within(id, REQUESTS, async (local) => {
        seen = local;
      });
      return seen;
    },
  };
}

suite('what a worker keeps of sessions', () => {
  test('is there again when one is asked in again', async () => {
    const { visit } = open();
    const before = await visit('a');
    await visit('b');
    assert.equal(await visit('a'), before);
  });

  test('is forgotten when it is ended', async () => {
    const { sessions, visit } = open();
    const before = await visit('a');
    await sessions.end('a');
    assert.equal(sessions.size, 0);
    assert.notEqual(await visit('a'), before);
  });

  test('is bounded', async () => {
    const { sessions, visit } = open();
    for (let id = 0; id < 1_200; id++) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other: none of them is busy
      await visit(`${id}`);
    }
    assert.equal(sessions.size, 1_000);
  });

  test('is no work that has to be waited for', async () => {
    const { sessions, visit } = open();
    await visit('a');
    await sessions.untilIdle();
    assert.equal(sessions.close('The server stops'), 0);
  });
});
