/** What keeps calls of tools from hurting each other. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { afterEach, suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { Failure, type FailureCode } from '../../../src/shared/errors.ts';
import type { RegisteredTool } from '../../../src/worker/tools/registry.ts';
import { STOP_MS } from '../../../src/worker/tools/room.ts';
import type { ToolDefinition } from '../../../src/worker/tools/tool.ts';
import { ToolError } from '../../../src/worker/tools/tool-error.ts';
import { doneWith, isFailure, openCounted, toolOf } from './open-counted.ts';

/** A tool that fails so often before it succeeds. */
function failingFor(
  times: number,
  code: FailureCode,
  more: Partial<ToolDefinition>,
): RegisteredTool {
  let left = times;
  return toolOf(async () => {
    left -= 1;
    if (left >= 0) throw new Failure(code, 'Not now');
    return 'done';
  }, more);
}

async function polluting(): Promise<string> {
  await new Promise(setImmediate);
  // oxlint-disable-next-line no-extend-native -- it is what such a tool does
  Object.defineProperty(Object.prototype, 'litter', {
    value: 1,
    enumerable: true,
    configurable: true,
  });
  return 'done';
}

suite('a place', () => {
  test('is held until the work is over, though its caller was answered', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { call, counted } = openCounted();
    const gate = Promise.withResolvers<string>();
    const tool = toolOf(() => gate.promise, { timeoutMs: 100, concurrencyMax: 1 });
    const first = assert.rejects(call(tool), isFailure('timeout'));
    await new Promise(setImmediate);
    t.mock.timers.tick(100);
    await first;
    const waiting = assert.rejects(call(tool), isFailure('limited'));
    t.mock.timers.tick(100);
    await waiting;
    t.mock.timers.tick(STOP_MS);
    await assert.rejects(call(tool), isFailure('quarantined'));
    gate.resolve('late');
    await new Promise(setImmediate);
    assert.deepEqual(await call(tool), doneWith('late'));
    assert.deepEqual(counted, ['tool_wait', 'tried stuck', 'tool_stuck', 'tried free']);
  });

  test('is left when the work throws late, and nobody hears of it', async () => {
    const { call } = openCounted();
    const caller = new AbortController();
    const gate = Promise.withResolvers<string>();
    const tool = toolOf(() => gate.promise, { concurrencyMax: 1 });
    const cancelled = assert.rejects(
      call(tool, {}, { cancellation: caller.signal }),
      isFailure('cancelled'),
    );
    await new Promise(setImmediate);
    caller.abort();
    await cancelled;
    const next = call(tool);
    gate.reject(new Error('late'));
    await assert.rejects(next, isFailure('internal'));
  });

  test('is not taken by what was cancelled before', async () => {
    const { call } = openCounted();
    let calls = 0;
    const tool = toolOf(
      async () => {
        calls += 1;
        return 'done';
      },
      { concurrencyMax: 1 },
    );
    const signal = AbortSignal.abort();
    await assert.rejects(call(tool, {}, { cancellation: signal }), isFailure('cancelled'));
    await call(tool);
    assert.equal(calls, 1);
  });

  test('is not taken by who waits for one and cancels, nor by arguments that do not fit', async () => {
    const { call } = openCounted();
    const gate = Promise.withResolvers<string>();
    const tool = toolOf(() => gate.promise, { concurrencyMax: 1 });
    const first = call(tool);
    const signal = AbortSignal.abort();
    await assert.rejects(call(tool, {}, { cancellation: signal }), isFailure('cancelled'));
    const { isError } = await call(tool, { surplus: 1 });
    assert.equal(isError, true);
    gate.resolve('done');
    assert.deepEqual(await first, doneWith('done'));
  });

  test('is waited for without the time of the call', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { call } = openCounted();
    const gates: PromiseWithResolvers<string>[] = [];
    const tool = toolOf(
      () => {
        const gate = Promise.withResolvers<string>();
        gates.push(gate);
        return gate.promise;
      },
      { timeoutMs: 100, concurrencyMax: 1 },
    );
    const calls = [call(tool), call(tool)];
    for (const n of [0, 1]) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
      await t.waitFor(() => assert.ok(gates[n] !== undefined));
      t.mock.timers.tick(90);
      gates[n]?.resolve(`done ${n}`);
    }
    assert.deepEqual(await Promise.all(calls), [doneWith('done 0'), doneWith('done 1')]);
  });
});

suite('a tool in a thread', () => {
  test('is run there, with the signal of its time', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const seen: unknown[] = [];
    const { call } = openCounted({
      threads: {
        run: async (registered, given, context, signal) => {
          seen.push(registered.tool.name, given, context.principal.id);
          await once(signal, 'abort');
          throw new Error('ended');
        },
      },
    });
    const tool = toolOf(async () => assert.fail('It ran inline'), {
      isolate: 'thread',
      timeoutMs: 100,
    });
    const running = assert.rejects(call(tool), isFailure('timeout'));
    await new Promise(setImmediate);
    t.mock.timers.tick(100);
    await running;
    assert.deepEqual(seen, ['tried', {}, 'anonymous']);
  });

  test('has its answer held to the same bounds', async () => {
    const threads = { run: async () => ({ text: 'x'.repeat(2_000) }) };
    const { call, counted } = openCounted({ threads, tooling: { resultBytesMax: 1_024 } });
    const { isError } = await call(toolOf(async () => '', { isolate: 'thread' }));
    assert.deepEqual([isError, counted], [true, ['result_bytes']]);
  });
});

/** Its answers may be given again. */
const KEPT = { cache: { ttlMs: 1_000 }, annotations: { readOnlyHint: true } };

suite('what is kept', () => {
  test('is asked for a tool that says so, and answers in its stead', async () => {
    const asked: unknown[] = [];
    const { call } = openCounted({
      cached: async (registered, given, context) => {
        asked.push(registered.tool.name, given, context.principal.id);
        return doneWith('kept');
      },
    });
    const tool = toolOf(async () => assert.fail('It was called'), KEPT);
    assert.deepEqual(await call(tool), doneWith('kept'));
    assert.deepEqual(asked, ['tried', {}, 'anonymous']);
    const { isError } = await call(tool, { surplus: 1 });
    assert.deepEqual([isError, asked.length], [true, 3]);
  });

  test('is computed in a place, and fails as a call does', async () => {
    const { call } = openCounted({
      cached: (_registered, _given, context, compute) => compute(context),
    });
    assert.deepEqual(await call(toolOf(async () => 'done', KEPT)), doneWith('done'));
    const failing = toolOf(() => Promise.reject(new ToolError('Mend me')), KEPT);
    assert.deepEqual(await call(failing), { ...doneWith('Mend me'), isError: true });
  });

  test('is not asked for a tool that does not say so', async () => {
    const { call } = openCounted({ cached: () => assert.fail('It was asked') });
    assert.deepEqual(await call(toolOf(async () => 'done')), doneWith('done'));
  });
});

suite('a tool that finds something away', () => {
  for (const hint of ['readOnlyHint', 'idempotentHint'] as const) {
    test(`is tried again if it has the ${hint}`, async () => {
      const { call, counted } = openCounted();
      const tool = failingFor(2, 'unavailable', { retries: 2, annotations: { [hint]: true } });
      assert.deepEqual(await call(tool), doneWith('done'));
      assert.deepEqual(counted, ['tried again', 'tried again']);
    });
  }

  for (const [what, code, more] of [
    ['it does not say so', 'unavailable', { annotations: { readOnlyHint: true } }],
    ['it fails otherwise', 'limited', { retries: 2, annotations: { readOnlyHint: true } }],
  ] as const) {
    test(`is not tried again if ${what}`, async () => {
      const { call, counted } = openCounted();
      await assert.rejects(call(failingFor(1, code, more)), isFailure(code));
      assert.deepEqual(counted, []);
    });
  }

  test('is tried within its time', async () => {
    const { call } = openCounted();
    const annotations = { readOnlyHint: true };
    const tool = failingFor(1_000, 'unavailable', { retries: 10, timeoutMs: 50, annotations });
    await assert.rejects(call(tool), isFailure('unavailable'));
  });
});

const compute = (): void => {
  const until = performance.now() + 120;
  while (performance.now() < until);
};

suite('a tool that computes inline', () => {
  for (const [when, run] of [
    ['at once', async () => compute()],
    ['after it waited', () => sleep(10).then(compute)],
  ] as const) {
    test(`${when} is named as who keeps the event loop`, async () => {
      const { call, delayed } = openCounted();
      await call(toolOf(() => run().then(() => 'done')));
      assert.deepEqual(delayed, ['tried']);
    });
  }
});

suite('a prototype that all share', () => {
  afterEach(() => {
    Reflect.deleteProperty(Object.prototype, 'litter');
    Reflect.deleteProperty(Array.prototype, 'litter');
  });

  test('is mended after the call that changed it, and the tool is held back', async () => {
    const { call, counted, lines } = openCounted();
    const tool = toolOf(polluting);
    assert.deepEqual(await call(tool), doneWith('done'));
    assert.ok(!('litter' in {}));
    await assert.rejects(call(tool), isFailure('quarantined'));
    assert.deepEqual(counted, ['tried littered', 'tried stuck', 'tool_stuck']);
    assert.equal(lines[0]?.level, 'error');
    assert.deepEqual(await call(toolOf(async () => 'another')), doneWith('another'));
  });

  test('is left as modules made it that are loaded meanwhile', async () => {
    const loads: (() => Disposable)[] = [];
    const { call, counted } = openCounted({ onLoading: (heed) => loads.push(heed) });
    const another = toolOf(async () => 'another');
    {
      using _load = loads[0]?.() ?? assert.fail('Nobody heeds what is loaded');
      Object.assign(Array.prototype, { litter: 1 });
    }
    assert.deepEqual(await call(another), doneWith('another'));
    assert.ok('litter' in []);
    assert.deepEqual(counted, []);
  });

  test('is mended when a call that was given up on is really over', async () => {
    const { call, counted } = openCounted();
    const gate = Promise.withResolvers<void>();
    const tool = toolOf(
      async () => {
        await gate.promise;
        return polluting();
      },
      { timeoutMs: 10 },
    );
    await assert.rejects(call(tool), isFailure('timeout'));
    gate.resolve();
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    assert.ok(!('litter' in {}));
    assert.deepEqual(counted.slice(0, 1), ['tried littered']);
  });
});
