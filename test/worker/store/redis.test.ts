import assert from 'node:assert/strict';
import { once } from 'node:events';
import { suite, test } from 'node:test';

import { Failure } from '../../../src/shared/errors.ts';
import { silent } from '../../../src/shared/logger.ts';
import { probe } from '../../../src/worker/store/dependency.ts';
import { openRedis } from '../../../src/worker/store/redis.ts';
import { recordLog } from '../recorded-log.ts';
import { findFreePort, withParts } from './free-port.ts';
import { openReports } from './reports.ts';
import { openBlackHole, openParrot, openWay } from './way.ts';

const REAL = process.env.TEST_REDIS_URL ?? '';
const limits = { deadlineMs: 10_000, report: () => undefined, log: silent };

/** A refusal for a reason that Redis gave, and not for what became of the connection. */
function isRefusal(code: RegExp) {
  return (thrown: unknown): boolean => {
    assert.ok(thrown instanceof Failure, String(thrown));
    assert.deepEqual([thrown.code, thrown.crashClass], ['invalid', 'dep_auth']);
    assert.match(thrown.message, code);
    assert.doesNotMatch(thrown.message, /closed|hunter2/);
    assert.match(thrown.remedy ?? '', /REDIS_URL/);
    return true;
  };
}

suite('redis', () => {
  test('is open once it has answered', async () => {
    const { reports, report } = openReports();
    using opened = await openRedis({ url: REAL, ...limits, report });
    assert.equal(await opened.redis.ping(), 'PONG');
    assert.partialDeepStrictEqual(reports, [{ name: 'redis', required: false, status: 'up' }]);
  });

  for (const [what, password, code] of [
    ['a wrong password', 'wrong', /WRONGPASS/],
    ['no password where one is asked', '', /NOAUTH/],
  ] as const) {
    test(`for ${what} fails at once and names the variable`, async (t) => {
      if (new URL(REAL).password === '') {
        t.skip('the Redis of this run asks for no password');
        return;
      }
      const before = performance.now();
      const url = withParts(REAL, { password });
      await assert.rejects(openRedis({ url, ...limits }), isRefusal(code));
      assert.ok(performance.now() - before < 5_000);
    });
  }

  for (const [answer, code] of [
    ['WRONGPASS invalid username-password pair or user is disabled.', /WRONGPASS/],
    ['NOAUTH Authentication required.', /NOAUTH/],
    ["NOPERM this user has no permissions to run the 'ping' command", /NOPERM/],
  ] as const) {
    test(`that answers ${answer.split(' ')[0]} is given up for that reason`, async () => {
      await using parrot = await openParrot(`-${answer}\r\n`);
      const url = `redis://:hunter2@127.0.0.1:${parrot.port}/0`;
      await assert.rejects(openRedis({ url, ...limits }), isRefusal(code));
    });
  }

  test('where nothing listens says so, and waits for who will', async () => {
    const port = await findFreePort();
    const { log, lines } = recordLog();
    const { report, firstDown } = openReports();
    const url = withParts(REAL, { port: String(port) });
    const opening = openRedis({ url, ...limits, report, log });
    assert.partialDeepStrictEqual(await firstDown, {
      class: 'dep_unreachable',
      code: 'ECONNREFUSED',
      message: 'connection refused',
    });
    await using _way = await openWay(REAL, port);
    using opened = await opening;
    assert.equal(await opened.redis.ping(), 'PONG');
    const { password } = new URL(REAL);
    if (password !== '') assert.ok(!JSON.stringify(lines).includes(password));
  });

  test('counts a server that accepts and never answers as too late', async () => {
    const hole = await openBlackHole();
    const { report, firstDown } = openReports();
    const opening = openRedis({ url: withParts(REAL, { port: hole.port }), ...limits, report });
    const { code, message } = await firstDown;
    assert.deepEqual([code, message], ['TIMEOUT', 'no answer in time']);
    await hole[Symbol.asyncDispose]();
    await using _way = await openWay(REAL, Number(hole.port));
    using opened = await opening;
    assert.equal(await opened.redis.ping(), 'PONG');
  });

  test('that is lost later comes back by itself, and commands meanwhile fail at once', async (t) => {
    await using way = await openWay(REAL);
    using opened = await openRedis({ url: way.url, ...limits });
    const { redis, dependency } = opened;
    const lost = once(redis, 'close');
    way.cut();
    await lost;
    const before = performance.now();
    await assert.rejects(redis.ping());
    assert.ok(performance.now() - before < 3_000);
    await t.waitFor(async () => assert.equal((await probe(dependency, 1_000)).status, 'up'), {
      timeout: 5_000,
    });
    assert.equal(await redis.ping(), 'PONG');
  });

  test('that falls silent is given up, and another connection made', async (t) => {
    await using way = await openWay(REAL);
    using opened = await openRedis({ url: way.url, ...limits });
    const lost = Promise.withResolvers<void>();
    opened.redis.once('close', lost.resolve);
    way.silence();
    await assert.rejects(opened.redis.ping(), /timed out/);
    await lost.promise;
    await t.waitFor(async () => assert.equal(await opened.redis.ping(), 'PONG'), {
      timeout: 5_000,
    });
  });

  test('that is away later says why, and not only that the connection is closed', async (t) => {
    const way = await openWay(REAL);
    using opened = await openRedis({ url: way.url, ...limits });
    const lost = once(opened.redis, 'close');
    way.cut();
    await way[Symbol.asyncDispose]();
    await lost;
    await t.waitFor(
      async () => {
        const { code, message } = await probe(opened.dependency, 1_000);
        assert.deepEqual([code, message], ['ECONNREFUSED', 'connection refused']);
      },
      { timeout: 5_000 },
    );
  });

  test('that became a replica says so, while the connection to it is made anew', async () => {
    let answer = '+OK\r\n';
    await using parrot = await openParrot(() => answer);
    using opened = await openRedis({ url: `redis://127.0.0.1:${parrot.port}/0`, ...limits });
    answer = "-READONLY You can't write against a read only replica.\r\n";
    await assert.rejects(opened.redis.set('a', 'b'));
    assert.equal((await probe(opened.dependency, 1_000)).code, 'READONLY');
  });
});
