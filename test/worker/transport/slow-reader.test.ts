import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import type { Method } from '../../../src/worker/protocol/methods.ts';
import { Agent } from './agent.ts';
import { serve } from './served.ts';

const MEBIBYTE = 1_048_576;
/** More than the network between two sockets of one machine holds, and less than we let wait. */
const FILLER = 12;

/** Answers more than anybody reads at once. */
const large: Method<string> = async () => ({ text: 'x'.repeat(FILLER * MEBIBYTE) });

/** Says more than anybody reads at once, then how far it is, a hundred times, and that something changed, twice. */
function talker() {
  const { promise: said, resolve } = Promise.withResolvers<void>();
  const talks: Method<string> = async (_params, { notify }) => {
    const saying: Promise<void>[] = [];
    const data = 'x'.repeat(MEBIBYTE);
    for (let count = 0; count < FILLER; count += 1) {
      saying.push(notify('notifications/message', { level: 'info', data }));
    }
    for (let progress = 1; progress <= 100; progress += 1) {
      saying.push(notify('notifications/progress', { progressToken: 'p', progress }));
    }
    saying.push(notify('notifications/tools/list_changed', {}));
    saying.push(notify('notifications/tools/list_changed', {}));
    resolve();
    await Promise.all(saying);
    return {};
  };
  return { talks, said };
}

suite('an agent that reads slowly', () => {
  test('is told the latest of what makes worthless what was said before, and all else', async () => {
    const { talks, said } = talker();
    await using served = await serve({ table: { talks } });
    using agent = await Agent.connect(served.port);
    const answered = agent.ask('t', 'talks');
    agent.ws.pause();
    await said;
    agent.ws.resume();
    await answered;
    const methods = agent.got.map(({ method }) => method);
    const countOf = (name: string): number => methods.filter((method) => method === name).length;
    assert.equal(countOf('notifications/message'), FILLER);
    assert.equal(countOf('notifications/tools/list_changed'), 1);
    assert.equal(countOf('notifications/progress'), 1);
    const last = agent.got.find(({ method }) => method === 'notifications/progress');
    assert.deepEqual(last, {
      jsonrpc: '2.0',
      method: 'notifications/progress',
      params: { progressToken: 'p', progress: 100 },
    });
    // What was held comes before the answer.
    assert.equal(agent.got.at(-1)?.id, 't');
  });

  test('hears of a change that came while an answer was on its way, though nothing is said after it', async (t) => {
    await using served = await serve({ table: { large } });
    using agent = await Agent.connect(served.port);
    agent.ws.pause();
    agent.ws.send('{"jsonrpc":"2.0","id":"l","method":"large"}');
    const outlet = served.outlets[0]?.deref();
    assert.ok(outlet !== undefined);
    await t.waitFor(() => assert.ok((served.sockets[0]?.writableLength ?? 0) > MEBIBYTE), {
      timeout: 5_000,
    });
    await outlet.send({ jsonrpc: '2.0', method: 'notifications/tools/list_changed', params: {} });
    agent.ws.resume();
    await t.waitFor(
      () => assert.equal(agent.got.at(-1)?.method, 'notifications/tools/list_changed'),
      { timeout: 5_000 },
    );
    assert.deepEqual(
      agent.got.slice(-2).map(({ id, method }) => id ?? method),
      ['l', 'notifications/tools/list_changed'],
    );
  });

  test('is sent the whole of its last answer before its socket is closed', async (t) => {
    await using served = await serve({ table: { large } });
    using agent = await Agent.connect(served.port);
    agent.ws.pause();
    const answered = agent.ask('l', 'large');
    await t.waitFor(() => assert.ok((served.sockets[0]?.writableLength ?? 0) > MEBIBYTE), {
      timeout: 5_000,
    });
    const deadline = AbortSignal.timeout(20_000);
    const drained = served.transport.drain({ restarts: false, deadline, jitterMs: 0 });
    // Longer than it takes to let go of who does not close.
    await sleep(1_500);
    agent.ws.resume();
    assert.ok('result' in (await answered));
    assert.equal((await agent.closed).code, 1001);
    assert.equal(await drained, 0);
  });
});
