import assert from 'node:assert/strict';
import { once } from 'node:events';
import { suite, test } from 'node:test';

import { WebSocket } from 'ws';

import type { Method } from '../../../src/worker/protocol/methods.ts';
import type { SocketFarewell } from '../../../src/worker/transport/connection.ts';
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

/** A farewell with all the time there is, unless a test wants it otherwise. */
function farewell(wanted: Partial<SocketFarewell> = {}): SocketFarewell {
  return { restarts: false, deadline: new AbortController().signal, jitterMs: 0, ...wanted };
}

suite('draining', () => {
  test('closes a socket with 1001 once its last answer is sent', async () => {
    const { table, started, open } = openGate();
    await using served = await serve({ table });
    using agent = await Agent.connect(served.port);
    const answered = agent.ask(1, 'wait');
    await started;
    const drained = served.transport.drain(farewell());
    assert.equal((await agent.ask(2, 'ping')).error?.code, 503);
    open();
    assert.deepEqual((await answered).result, { waited: true });
    assert.equal((await agent.closed).code, 1001);
    assert.equal(await drained, 0);
  });

  for (const [restarts, code, reason] of [
    [false, 1001, 'The server is stopping'],
    [true, 1012, 'The server restarts'],
  ] as const) {
    test(`closes an idle socket with ${code} at once when ${restarts ? 'we restart' : 'we stop'}`, async () => {
      await using served = await serve();
      using agent = await Agent.connect(served.port);
      assert.equal(await served.transport.drain(farewell({ restarts })), 0);
      assert.deepEqual(await agent.closed, { code, reason });
    });
  }

  test('spreads the closes over the jitter', async (t) => {
    await using served = await serve();
    using first = await Agent.connect(served.port);
    using second = await Agent.connect(served.port);
    const chances = [0, 0.5];
    t.mock.method(Math, 'random', () => chances.shift() ?? 0);
    const before = performance.now();
    const drained = served.transport.drain(farewell({ jitterMs: 400 }));
    await first.closed;
    assert.equal(second.ws.readyState, WebSocket.OPEN);
    await second.closed;
    assert.ok(performance.now() - before >= 195);
    assert.equal(await drained, 0);
  });

  test('closes all at the deadline, however long the jitter is', async (t) => {
    await using served = await serve();
    using agent = await Agent.connect(served.port);
    t.mock.method(Math, 'random', () => 0.99);
    const deadline = AbortSignal.timeout(50);
    const before = performance.now();
    const cut = await served.transport.drain(farewell({ jitterMs: 60_000, deadline }));
    assert.equal(cut, 0);
    assert.ok(performance.now() - before < 2_000);
    assert.equal((await agent.closed).code, 1001);
  });

  test('goes on answering what still comes while it waits its turn to close', async (t) => {
    await using served = await serve();
    using agent = await Agent.connect(served.port);
    t.mock.method(Math, 'random', () => 0.99);
    const closing = new AbortController();
    const drained = served.transport.drain(
      farewell({ jitterMs: 60_000, deadline: closing.signal }),
    );
    assert.equal((await agent.ask(1, 'ping')).error?.code, 503);
    closing.abort();
    assert.equal(await drained, 0);
  });

  test('is over at once when nobody is there', async () => {
    await using served = await serve();
    await served.transport.drain(farewell());
  });

  test('lets in who asks only now when we restart, and tells it to come again', async () => {
    await using served = await serve();
    await served.transport.drain(farewell({ restarts: true }));
    const late = new WebSocket(`ws://127.0.0.1:${served.port}/mcp`, 'mcp');
    const [code] = await once(late, 'close');
    assert.equal(code, 1012);
  });

  test('refuses upgrades when we stop with 503 and says when to come back', async () => {
    await using served = await serve();
    await served.transport.drain(farewell());
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
    await served.transport.drain(farewell());
    known.resolve('ann');
    assert.equal((await knocking).status, 503);
  });

  for (const [when, deadline] of [
    ['passes', () => AbortSignal.timeout(20)],
    ['has passed', () => AbortSignal.abort()],
  ] as const) {
    test(`does not wait for a call when its deadline ${when}, aborts it and counts its socket`, async () => {
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
      const drained = served.transport.drain(farewell({ deadline: deadline() }));
      const patience = new AbortController();
      const late = once(AbortSignal.any([AbortSignal.timeout(2_000), patience.signal]), 'abort');
      assert.equal(await Promise.race([drained, late.then(() => 'still waiting')]), 1);
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
    await served.transport.drain(farewell());
    assert.ok(performance.now() - before < 3_000);
    assert.equal(served.sockets[0]?.destroyed, true);
  });
});
