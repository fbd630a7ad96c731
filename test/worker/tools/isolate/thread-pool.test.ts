import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { Isolated, isFailure } from './isolated.ts';

const timeout = 60_000;
const INTERNAL = /^Internal error$/;

suite('threads', { timeout }, () => {
  test('are never more than there may be, and each tool has its turn', async () => {
    await using isolated = new Isolated({ threads: 2 });
    const answered: string[] = [];
    const call = async (name: 'answers' | 'seesPolluted'): Promise<unknown> => {
      const { threadId } = await isolated.ask(name);
      answered.push(name);
      return threadId;
    };
    const ofMany = Array.from({ length: 20 }, () => call('answers'));
    const ids = await Promise.all([...ofMany, call('seesPolluted')]);
    assert.ok(new Set(ids).size <= 2);
    assert.ok(answered.indexOf('seesPolluted') < 10, answered.join(' '));
  });

  test('let no more calls wait than they may', async () => {
    await using isolated = new Isolated({ queueMax: 2 });
    const givingUp = new AbortController();
    const { signal } = givingUp;
    const calls = Array.from({ length: 3 }, () => isolated.call('sleeps', { signal }));
    await assert.rejects(isolated.call('answers'), isFailure('limited', /wait for their turn/));
    assert.deepEqual(isolated.refusals, ['thread_queue']);
    givingUp.abort(new Error('given up'));
    await Promise.allSettled(calls);
    assert.equal((await isolated.ask('answers')).calls, 1);
  });

  test('run each version apart, and an idle one makes room for another', async () => {
    await using isolated = new Isolated();
    const first = await isolated.ask('answers', { version: 'v1' });
    const second = await isolated.ask('answers', { version: 'v2' });
    assert.notEqual(first.threadId, second.threadId);
    assert.equal(second.calls, 1);
  });

  test('of a version that is no longer served end when their calls have', async () => {
    await using isolated = new Isolated({ threads: 2 });
    const idle = await isolated.ask('answers');
    const running = isolated
      .ask('speaks', { given: { times: 1_000 }, version: 'v2' })
      .catch(() => undefined);
    isolated.threads.serve(['v3']);
    await running;
    const again = await isolated.ask('answers');
    assert.notEqual(idle.threadId, again.threadId);
    assert.notEqual((await isolated.ask('answers')).threadId, again.threadId);
  });

  test('turn away who waits when their worker stops', async () => {
    const isolated = new Isolated();
    const begun = Promise.withResolvers<void>();
    const progress = async (): Promise<void> => {
      begun.resolve();
    };
    const calls = [isolated.call('sleeps', { context: { progress } }), isolated.call('answers')];
    const settled = Promise.allSettled(calls);
    await begun.promise;
    await isolated[Symbol.asyncDispose]();
    const stopped = isFailure('unavailable', /^This worker stops$/);
    for (const call of calls) await assert.rejects(call, stopped);
    await settled;
  });
});

suite('a tool that ends its threads', { timeout }, () => {
  test('five times in a minute is refused for a minute, others and other versions are not', async () => {
    await using isolated = new Isolated();
    const exited = isFailure('internal', INTERNAL);
    for (let death = 0; death < 5; death++) await assert.rejects(isolated.call('exits'), exited);
    const refused = isFailure('quarantined', /refused for a while/);
    await assert.rejects(isolated.call('exits'), refused);
    await assert.rejects(isolated.call('exits'), refused);
    assert.equal(isolated.ends.length, 5);
    assert.deepEqual(isolated.refusals, ['thread_deaths', 'thread_deaths']);
    assert.equal(isolated.lines.filter(({ level }) => level === 'error').length, 1);
    assert.equal((await isolated.ask('answers')).calls, 1);
    await assert.rejects(isolated.call('exits', { version: 'v2' }), exited);
    isolated.now = 60_000;
    await assert.rejects(isolated.call('exits'), exited);
  });

  test('now and then is not', async () => {
    await using isolated = new Isolated();
    for (let death = 0; death < 7; death++) {
      await assert.rejects(isolated.call('exits'), isFailure('internal', INTERNAL));
      isolated.now += 16_000;
    }
    assert.deepEqual(isolated.refusals, []);
  });

  test('because its callers give up is not either', async () => {
    await using isolated = new Isolated();
    for (let call = 0; call < 6; call++) {
      const givingUp = new AbortController();
      const progress = async (): Promise<void> => {
        givingUp.abort(new Error('given up'));
      };
      const { signal } = givingUp;
      await assert.rejects(isolated.call('spins', { signal, context: { progress } }), /given up/);
    }
    assert.equal(isolated.ends.length, 6);
    assert.deepEqual(isolated.refusals, []);
  });
});
