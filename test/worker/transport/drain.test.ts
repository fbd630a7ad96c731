import assert from 'node:assert/strict';
import { once } from 'node:events';
import { suite, test } from 'node:test';

import type { Method } from '../../../src/worker/protocol/methods.ts';
import { Agent } from './agent.ts';
import { knock, serve } from './served.ts';

/** A method that answers when it is let. */
function openGate() {
  const gate = Promise.withResolvers<void>();
  const started = Promise.withResolvers<void>();
  const wait: Method<string> = async () => {
    started.resolve();
    await gate.promise;
    return { waited: true };
  };
  return { table: { wait }, started: started.promise, open: gate.resolve };
}

const patient = (): AbortSignal => new AbortController().signal;

suite('draining', () => {
  test('closes a socket with 1001 once its last answer is sent', async () => {
    const { table, started, open } = openGate();
    await using served = await serve({ table });
    using agent = await Agent.connect(served.port);
    const answered = agent.ask(1, 'wait');
    await started;
    const drained = served.transport.drain(patient());
    assert.equal((await agent.ask(2, 'ping')).error?.code, 503);
    open();
    assert.deepEqual((await answered).result, { waited: true });
    assert.equal((await agent.closed).code, 1001);
    await drained;
  });

  test('closes an idle socket with 1001 at once', async () => {
    await using served = await serve();
    using agent = await Agent.connect(served.port);
    await served.transport.drain(patient());
    assert.equal((await agent.closed).code, 1001);
  });

  test('is over at once when nobody is there', async () => {
    await using served = await serve();
    await served.transport.drain(patient());
  });

  test('refuses upgrades with 503 and says when to come back', async () => {
    await using served = await serve();
    await served.transport.drain(patient());
    const knocked = await knock(served.port);
    assert.equal(knocked.status, 503);
    assert.equal(knocked.headers['retry-after'], '1');
    assert.match(knocked.body, /stopping/);
  });

  test('refuses one who became known while it went on', async () => {
    const known = Promise.withResolvers<string>();
    const asked = Promise.withResolvers<void>();
    await using served = await serve({
      authenticate: () => {
        asked.resolve();
        return known.promise;
      },
    });
    const knocking = knock(served.port);
    await asked.promise;
    await served.transport.drain(patient());
    known.resolve('ann');
    assert.equal((await knocking).status, 503);
  });

  for (const [when, deadline] of [
    ['passes', () => AbortSignal.timeout(20)],
    ['has passed', () => AbortSignal.abort()],
  ] as const) {
    test(`does not wait for a call when its deadline ${when}, and aborts it`, async () => {
      const started = Promise.withResolvers<void>();
      const aborted = Promise.withResolvers<void>();
      const hang: Method<string> = async (_params, { signal }) => {
        started.resolve();
        await once(signal, 'abort');
        aborted.resolve();
        return {};
      };
      await using served = await serve({ table: { hang } });
      using agent = await Agent.connect(served.port);
      const unanswered = agent.ask(1, 'hang');
      unanswered.catch(() => undefined);
      await started.promise;
      const drained = served.transport.drain(deadline()).then(() => 'drained');
      const patience = new AbortController();
      const late = once(AbortSignal.any([AbortSignal.timeout(2_000), patience.signal]), 'abort');
      assert.equal(await Promise.race([drained, late.then(() => 'still waiting')]), 'drained');
      patience.abort();
      assert.equal((await agent.closed).code, 1001);
      await aborted.promise;
    });
  }

  test('waits no longer than a second for one who does not say goodbye', async () => {
    await using served = await serve();
    const { socket } = await knock(served.port);
    assert.ok(socket !== undefined);
    socket.pause();
    const before = performance.now();
    await served.transport.drain(patient());
    assert.ok(performance.now() - before < 3_000);
    assert.equal(served.sockets[0]?.destroyed, true);
  });
});
