import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import type { Method } from '../../../src/worker/protocol/methods.ts';
import type { LegacyRevision } from '../../../src/worker/protocol/revisions.ts';
import { openPeer, requestOf } from './open-peer.ts';

const tells: Method<string> = async (_params, { notify }) => {
  await notify('notifications/progress', { progressToken: 'p', progress: 1 });
  return { told: true };
};

/** A peer of a revision, of which only 2025-03-26 has batches. */
async function open(revision: LegacyRevision) {
  const initialize: Method<string> = async (_params, { conversation }) => {
    const client = { name: 'test', version: '1' };
    await conversation?.begin({ revision, client, capabilities: {} });
    return {};
  };
  const opened = openPeer({ initialize, tells }, 8);
  await opened.ask(requestOf('hello', 'initialize'));
  return { ...opened, answers: () => opened.sent.slice(1) };
}

const PONG = (id: number): object => ({ jsonrpc: '2.0', id, result: {} });

suite('a batch', () => {
  test('is answered by one of all answers', async () => {
    const { ask, answers } = await open('2025-03-26');
    assert.equal(await ask([requestOf(1, 'ping'), requestOf(2, 'ping')]), true);
    assert.deepEqual(answers(), [[PONG(1), PONG(2)]]);
  });

  test('has what is said before said at once', async () => {
    const { ask, answers } = await open('2025-03-26');
    await ask([requestOf(1, 'tells')]);
    const [notification, batch] = answers();
    assert.ok(notification !== undefined && 'method' in notification);
    assert.deepEqual(batch, [{ jsonrpc: '2.0', id: 1, result: { told: true } }]);
  });

  test('of notifications is not answered', async () => {
    const { ask, answers } = await open('2025-03-26');
    await ask([{ jsonrpc: '2.0', method: 'notifications/x' }]);
    assert.deepEqual(answers(), []);
  });

  test('has what is wrong in it refused, and all else answered', async () => {
    const { ask, answers } = await open('2025-03-26');
    const modern = { _meta: { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' } };
    const batch = [
      7,
      requestOf(1, 'ping'),
      requestOf(2, 'ping', modern),
      requestOf(3, 'initialize'),
    ];
    assert.equal(await ask(batch), false);
    const [all] = answers();
    assert.ok(Array.isArray(all));
    const codes = all.map((answer) => ('error' in answer ? answer.error.code : 'result'));
    assert.deepEqual(
      codes.filter((code) => code !== 'result'),
      [-32600, -32600, -32600],
    );
  });

  for (const revision of ['2024-11-05', '2025-06-18', '2025-11-25'] as const) {
    test(`is refused in ${revision}`, async () => {
      const { ask, answers } = await open(revision);
      assert.equal(await ask([requestOf(1, 'ping')]), false);
      const [refusal] = answers();
      assert.ok(refusal !== undefined && 'error' in refusal);
      assert.deepEqual([refusal.error.code, refusal.id], [-32600, undefined]);
    });
  }
});
