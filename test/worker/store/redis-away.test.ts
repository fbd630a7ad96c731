import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { isAway, unlessAway, unlessAwayFor } from '../../../src/worker/store/redis-away.ts';
import { connect, SHARED_REDIS } from './connected.ts';
import { openWay } from './way.ts';

suite('what is asked of Redis', () => {
  test('is answered, also with nothing', async () => {
    using here = await connect();
    const { redis, prefix } = here;
    assert.equal(await unlessAway(redis.set(`${prefix}key`, 'value', 'PX', 10_000)), 'OK');
    assert.equal(await unlessAway(redis.get(`${prefix}key`)), 'value');
    assert.equal(await unlessAway(redis.get(`${prefix}other`)), null);
  });

  test('wrongly stays a bug', async () => {
    using here = await connect();
    const { redis, prefix } = here;
    await redis.set(`${prefix}key`, 'value', 'PX', 10_000);
    await assert.rejects(unlessAway(redis.call('nonsense')), /unknown command/);
    await assert.rejects(unlessAway(redis.lpush(`${prefix}key`, 'x')), /WRONGTYPE/);
  });

  test('is not answered over a connection that is closed or silent', async () => {
    await using way = await openWay(SHARED_REDIS);
    using here = await connect({ url: way.url });
    way.silence();
    assert.equal(await unlessAway(here.redis.ping()), undefined);
    here.redis.disconnect();
    assert.equal(await unlessAway(here.redis.ping()), undefined);
  });

  test('is waited for so long, and a bug all the same', async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const begun = performance.now();
    assert.equal(await unlessAwayFor(50, promise), undefined);
    assert.ok(performance.now() - begun >= 49);
    resolve('late');
    assert.equal(await unlessAwayFor(10_000, promise), 'late');
    const bug = Object.assign(new Error("ERR unknown command 'x'"), { name: 'ReplyError' });
    await assert.rejects(unlessAwayFor(10_000, Promise.reject(bug)), bug);
    assert.equal(await unlessAwayFor(10_000, Promise.reject(new Error('closed'))), undefined);
  });

  for (const [said, away] of [
    ['LOADING Redis is loading the dataset in memory', true],
    ["READONLY You can't write against a read only replica.", true],
    ["OOM command not allowed when used memory > 'maxmemory'.", true],
    ["NOPERM this user has no permissions to run the 'get' command", true],
    ["ERR unknown command 'nonsense'", false],
    ['WRONGTYPE Operation against a key holding the wrong kind of value', false],
  ] as const) {
    const [word] = said.split(' ');
    test(`and refused with ${word} is ${away ? 'a Redis that is away' : 'a bug'}`, () => {
      assert.equal(isAway(Object.assign(new Error(said), { name: 'ReplyError' })), away);
    });
  }

  test('and thrown at as something else than an error is a bug', () => {
    assert.equal(isAway('LOADING'), false);
  });
});
