import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { suite, test } from 'node:test';

import { Failure, type FailureCode } from '../../../src/shared/errors.ts';
import { silent } from '../../../src/shared/logger.ts';
import { openRedis } from '../../../src/worker/store/redis.ts';
import { findFreePort, withParts } from './free-port.ts';

const REAL = process.env.TEST_REDIS_URL ?? '';
const limits = { deadlineMs: 10_000, log: silent };

function isFailure(code: FailureCode, text: RegExp) {
  return (thrown: unknown): boolean => {
    assert.ok(thrown instanceof Failure, String(thrown));
    assert.equal(thrown.code, code);
    assert.match(thrown.message, text);
    return true;
  };
}

/** A way to Redis that can be cut. */
async function openWay(): Promise<AsyncDisposable & { readonly url: string; cut(): void }> {
  const { hostname, port: target } = new URL(REAL);
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(Number(target), hostname);
    near.pipe(far).pipe(near);
    for (const socket of [near, far]) {
      socket.on('error', () => undefined);
      sockets.add(socket);
    }
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  // A TCP server that listens has an address of this kind.
  const { port } = server.address() as AddressInfo;
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  const url = Object.assign(new URL(REAL), { hostname: '127.0.0.1', port: String(port) }).href;
  return {
    url,
    cut,
    async [Symbol.asyncDispose]() {
      cut();
      await server[Symbol.asyncDispose]();
    },
  };
}

suite('redis', () => {
  test('is open once it has answered', async () => {
    const redis = await openRedis({ url: REAL, ...limits });
    assert.equal(await redis.ping(), 'PONG');
    redis.disconnect();
  });

  for (const [what, password] of [
    ['a wrong password', 'wrong'],
    ['no password where one is asked', ''],
  ] as const) {
    test(`for ${what} fails at once and names the variable`, async (t) => {
      if (new URL(REAL).password === '') {
        t.skip('the Redis of this run asks for no password');
        return;
      }
      const before = performance.now();
      const url = withParts(REAL, { password });
      await assert.rejects(openRedis({ url, ...limits }), isFailure('invalid', /REDIS_URL/));
      assert.ok(performance.now() - before < 5_000);
    });
  }

  test('where nothing listens fails at the deadline and names the variable', async () => {
    const url = `redis://:hunter2@127.0.0.1:${await findFreePort()}/0`;
    const before = performance.now();
    const expected = isFailure('unavailable', /^(?!.*hunter2).*ECONNREFUSED.*REDIS_URL/);
    await assert.rejects(openRedis({ url, ...limits, deadlineMs: 200 }), expected);
    assert.ok(performance.now() - before < 2_000);
  });

  test('that is lost later comes back by itself, and commands meanwhile fail at once', async (t) => {
    await using way = await openWay();
    const redis = await openRedis({ url: way.url, ...limits });
    try {
      const lost = once(redis, 'close');
      way.cut();
      await lost;
      const before = performance.now();
      await assert.rejects(redis.ping());
      assert.ok(performance.now() - before < 1_000);
      await t.waitFor(async () => assert.equal(await redis.ping(), 'PONG'), { timeout: 5_000 });
    } finally {
      redis.disconnect();
    }
  });
});
