import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import type { Session } from '../../../src/worker/domain/session.ts';
import { KnownSessions } from '../../../src/worker/transport/known-sessions.ts';

const SESSION: Session = {
  id: 'a-session-of-ann-s',
  principal: 'ann',
  revision: '2025-11-25',
  client: { name: 'test', version: '1' },
  capabilities: {},
  logLevel: undefined,
  subscriptions: [],
};
const { id } = SESSION;

async function knowing(session: Session = SESSION): Promise<KnownSessions> {
  const known = new KnownSessions();
  assert.equal(await known.learn(Promise.resolve(session)), session);
  return known;
}

suite('a session that was found a moment ago', () => {
  test('is known to its principal, and to nobody else', async () => {
    const known = await knowing();
    assert.equal(known.find(id, 'ann'), SESSION);
    assert.equal(known.find(id, 'bob'), undefined);
    assert.equal(known.find(id, 'ann'), SESSION);
  });

  test('is known for a second or so', async (t) => {
    const known = await knowing();
    await t.waitFor(() => assert.equal(known.find(id, 'ann'), undefined), { timeout: 3_000 });
  });

  test('is not known any more once it was changed or ended', async () => {
    const one = await knowing();
    one.forget(id);
    assert.equal(one.find(id, 'ann'), undefined);
    const all = await knowing();
    all.forgetAll();
    assert.equal(all.find(id, 'ann'), undefined);
  });

  test('is not known if it may have been changed while it was read', async () => {
    const known = new KnownSessions();
    const { promise, resolve } = Promise.withResolvers<Session>();
    const learning = known.learn(promise);
    known.forget(id);
    resolve(SESSION);
    assert.equal(await learning, SESSION);
    assert.equal(known.find(id, 'ann'), undefined);
  });

  test('gives way to those found later, if all are too large together', async () => {
    const known = new KnownSessions(JSON.stringify(SESSION).length * 2);
    const ids = ['session-of-ann-1', 'session-of-ann-2', 'session-of-ann-3'];
    for (const each of ids) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await known.learn(Promise.resolve({ ...SESSION, id: each }));
    }
    const kept = ids.filter((each) => known.find(each, 'ann') !== undefined);
    assert.deepEqual(kept, ids.slice(1));
    await known.learn(Promise.resolve({ ...SESSION, subscriptions: ['x'.repeat(1_000)] }));
    assert.equal(known.find(id, 'ann'), undefined);
    assert.equal(known.find('session-of-ann-3', 'ann'), undefined);
  });
});
