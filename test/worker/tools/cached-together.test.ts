import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { Failure } from '../../../src/shared/errors.ts';
import type { CallContext } from '../../../src/worker/domain/context.ts';
import { MINUTE_MS, openCached, textOf, toolOf } from './cached-worker.ts';

/** A user who says so, once it is time. */
function answers(uri: string, until: Promise<unknown>): CallContext['ask'] {
  return async () => {
    await until;
    return { roots: { roots: [{ uri }] } } as never;
  };
}

suite('a call that waits for the same of another', () => {
  test('is let go when that one asks its user something', async () => {
    await using opened = new AsyncDisposableStack();
    const begun = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    const tool = toolOf(async (_given, { ask }) => {
      begun.resolve();
      await goOn.promise;
      return ask({ roots: { method: 'roots/list' } });
    });
    const here = opened.use(await openCached(tool));
    const second = Promise.withResolvers<void>();
    const calls = [
      here.call({}, { ask: answers('file:///of-one', second.promise) }),
      here.call({}, { ask: answers('file:///of-two', Promise.resolve()) }),
    ];
    await begun.promise;
    goOn.resolve();
    // The first one's user has not answered yet.
    assert.match(textOf((await calls[1]) ?? assert.fail()), /of-two/);
    second.resolve();
    assert.match(textOf((await calls[0]) ?? assert.fail()), /of-one/);
    assert.deepEqual(here.outcomes, ['prices bypass', 'prices bypass']);
  });

  test('gets its answer though that one is cancelled, of whom nothing more is heard', async () => {
    const begun = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    const tool = toolOf(async (_given, { signal, progress, message, release }) => {
      begun.resolve();
      await goOn.promise;
      signal.throwIfAborted();
      await Promise.all([progress(1), message('info', 'x'), release()]);
      return 'done';
    });
    using here = await openCached(tool);
    const leaving = new AbortController();
    const heard: string[] = [];
    const first = here.call(
      {},
      {
        cancellation: leaving.signal,
        progress: async () => void heard.push('progress'),
        message: async () => void heard.push('message'),
        release: async () => void heard.push('release'),
      },
    );
    const second = here.call({});
    await begun.promise;
    leaving.abort();
    await assert.rejects(first, { code: 'cancelled' });
    goOn.resolve();
    assert.equal(textOf(await second), 'done');
    assert.deepEqual(heard, []);
    assert.deepEqual(here.outcomes, ['prices shared']);
  });

  test('has the tool stopped when it is cancelled too', async () => {
    const stopped = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const tool = toolOf(async (_given, { signal }) => {
      signal.addEventListener('abort', () => {
        stopped.resolve();
      });
      begun.resolve();
      await stopped.promise;
      return 'stopped';
    });
    using here = await openCached(tool);
    const callers = [new AbortController(), new AbortController()];
    const calls = callers.map(({ signal }) => here.call({}, { cancellation: signal }));
    await begun.promise;
    for (const caller of callers) caller.abort();
    await stopped.promise;
    await Promise.all(calls.map((call) => assert.rejects(call, { code: 'cancelled' })));
  });
});

suite('an answer that gets old', () => {
  test('is given, and the tool is run behind the back of its caller, who is not asked and hears nothing', async (t) => {
    let runs = 0;
    const asked = Promise.withResolvers<unknown>();
    const tool = toolOf(
      async (_given, { progress, message, ask, signal }) => {
        runs += 1;
        if (runs === 1) return 'old';
        await progress(1);
        await message('info', 'x');
        if (runs === 2) asked.resolve(await ask({}).catch((error: unknown) => error));
        return signal.aborted ? 'aborted' : `new ${runs}`;
      },
      { ttlMs: MINUTE_MS, staleMs: MINUTE_MS },
    );
    using here = await openCached(tool);
    await here.call({});
    const [key = ''] = await t.waitFor(async () => {
      const keys = await here.redis.keys(`${here.prefix}result:kept:*`);
      assert.equal(keys.length, 1);
      return keys;
    });
    await here.redis.pexpire(key, MINUTE_MS - 1);
    const heard: string[] = [];
    const caller = new AbortController();
    const context: Partial<CallContext> = {
      cancellation: caller.signal,
      progress: async () => void heard.push('progress'),
      message: async () => void heard.push('message'),
      ask: async () => {
        heard.push('ask');
        return {} as never;
      },
    };
    await t.waitFor(async () => {
      assert.equal(textOf(await here.call({}, context)), 'old');
      assert.equal(here.outcomes.at(-1), 'prices stale');
    });
    caller.abort();
    const refusal = await asked.promise;
    assert.ok(refusal instanceof Failure && refusal.code === 'conflict');
    // What asks is not kept, and is not tried again at once.
    await t.waitFor(async () => {
      const [marker = ''] = await here.redis.keys(`${here.prefix}result:making:*`);
      assert.equal(await here.redis.get(marker), 'nothing');
      await here.redis.del(marker);
    });
    await t.waitFor(async () => {
      assert.equal(textOf(await here.call({})), 'new 3');
    });
    assert.equal(runs, 3);
    assert.deepEqual(heard, []);
  });
});
