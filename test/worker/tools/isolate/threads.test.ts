import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { MessageChannel } from 'node:worker_threads';

import { ANONYMOUS } from '../../../../src/worker/domain/principal.ts';
import { contextIn } from '../../../../src/worker/tools/isolate/thread-context.ts';
import { isWholeResult } from '../../../../src/worker/tools/tool-result.ts';
import { recordLog } from '../../recorded-log.ts';
import { Isolated, isFailure } from './isolated.ts';

const timeout = 60_000;
const INTERNAL = /^Internal error$/;

suite('an isolated tool', { timeout }, () => {
  test('runs in a thread with nothing of the worker’s environment, its arguments parsed there', async () => {
    await using isolated = new Isolated();
    const { threadId, ...answer } = await isolated.ask('answers', { given: { text: ' given ' } });
    assert.deepEqual(answer, {
      text: 'given',
      principal: 'anonymous',
      calls: 1,
      environment: [],
      argv: [],
    });
    assert.ok(Number(threadId) > 0);
    assert.equal((await isolated.ask('answers')).text, 'nothing');
  });

  test('keeps what its module keeps from call to call, and its thread', async () => {
    await using isolated = new Isolated();
    const first = await isolated.ask('answers');
    const second = await isolated.ask('answers');
    assert.deepEqual([first.calls, second.calls], [1, 2]);
    assert.equal(first.threadId, second.threadId);
  });

  test('answers a whole result as it is', async () => {
    await using isolated = new Isolated();
    const output = await isolated.call('answersWhole');
    assert.ok(isWholeResult(output));
    assert.deepEqual(output.content, [{ type: 'text', text: 'whole' }]);
    assert.equal(output.isError, true);
  });

  test('answers no more than it may, and what is larger is never sent to the worker', async () => {
    await using isolated = new Isolated();
    const output = await isolated.call('answersLarge', { given: { bytes: 99_000 } });
    assert.equal(output, 'x'.repeat(99_000));
    const given = { bytes: 20_000_000 };
    const tooLarge = isFailure('invalid', /larger than 100000 bytes: ask for less/);
    await assert.rejects(isolated.call('answersLarge', { given }), tooLarge);
    assert.deepEqual(isolated.refusals, ['result_bytes']);
    assert.deepEqual(isolated.ends, []);
  });

  for (const [how, of] of [
    ['mendable', isFailure('invalid', /^There is no note 7$/)],
    ['bug', isFailure('internal', INTERNAL, /^TypeError: a bug with a secret/)],
    ['text', isFailure('internal', INTERNAL, /hunter2/)],
    ['no-json', isFailure('internal', INTERNAL, /bigint/)],
  ] as const) {
    test(`that throws (${how}) has its call fail, and its thread lives`, async () => {
      await using isolated = new Isolated();
      await assert.rejects(isolated.call('fails', { given: { how } }), of);
      assert.deepEqual(isolated.ends, []);
    });
  }

  test('has the stack of a bug logged as it was in the thread', async () => {
    await using isolated = new Isolated();
    const thrown: unknown = await isolated
      .call('fails', { given: { how: 'bug' } })
      .catch((error: unknown) => error);
    assert.ok(thrown instanceof Error && thrown.cause instanceof Error);
    assert.match(thrown.cause.stack ?? '', /fixtures\/isolated\.ts\S*:\d+/);
  });

  test('that throws where nobody waits has its call fail at once, and its thread end', async () => {
    await using isolated = new Isolated();
    const bug = isFailure('internal', INTERNAL, /nobody waits/);
    await assert.rejects(isolated.call('fails', { given: { how: 'later' } }), bug);
    assert.deepEqual(isolated.ends, ['fails: threw']);
  });

  for (const what of ['db', 'cache', 'fetch', 'ask', 'message', 'announce', 'release']) {
    test(`is told that it has no ${what} in a thread`, async () => {
      await using isolated = new Isolated();
      const told = new RegExp(`context\\.${what} is not available in a thread`);
      const call = isolated.call('reaches', { given: { what } });
      await assert.rejects(call, isFailure('internal', INTERNAL, told));
    });
  }

  test('that cannot be found again in a thread is a bug, and no path reaches the caller', async () => {
    await using isolated = new Isolated();
    const call = isolated.call('answers', { exportName: 'isNoTool' });
    await assert.rejects(call, isFailure('internal', INTERNAL, /exports no tool "isNoTool"/));
  });
});

suite('what an isolated tool says on its way', { timeout }, () => {
  test('comes before its answer, and with fields that can be logged', async () => {
    await using isolated = new Isolated();
    const { log, lines } = recordLog();
    const steps: unknown[] = [];
    const context = { log, progress: async (...step: unknown[]) => void steps.push(step) };
    await isolated.call('speaks', { given: { times: 2 }, context });
    assert.deepEqual(steps, [
      [1, 2, 'on the way'],
      [2, 2, 'on the way'],
    ]);
    assert.deepEqual(
      lines.map(({ message }) => message),
      ['a step', 'a step'],
    );
    const { time, large, error }: Record<string, unknown> = { ...lines[0]?.fields };
    assert.deepEqual([time, large], [1, '7']);
    assert.match(JSON.stringify(error), /noted/);
  });

  test('is dropped where it is too much, of progress all but the latest', async () => {
    await using isolated = new Isolated();
    const { log, lines } = recordLog();
    let steps = 0;
    const context = {
      log,
      progress: async () => {
        steps += 1;
      },
    };
    await isolated.call('speaks', { given: { times: 50_000 }, context });
    // A ration for each second that it may have taken.
    assert.ok(steps >= 20 && steps <= 400, `${steps} steps`);
    assert.ok(lines.length >= 100 && lines.length <= 2_000, `${lines.length} lines`);
  });

  test('of progress is told at last, though a timer comes early', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    let now = 0;
    t.mock.method(performance, 'now', () => now);
    const { port1: port, port2 } = new MessageChannel();
    const { mock: posted } = t.mock.method(port, 'postMessage');
    const { progress } = contextIn({
      tool: 'tried',
      file: { path: 'tried.ts', keptAt: 'tried.ts', version: 'v1' },
      exportName: 'tried',
      given: {},
      principal: ANONYMOUS,
      trace: undefined,
      port,
    });
    // A message that is no text is left out, and nothing thrown.
    const message: unknown = 7;
    for (let n = 1; n <= 25; n += 1) void progress(n, 25, message as string); // as in JavaScript
    const told = (): unknown[] => posted.calls.map(({ arguments: [said] }) => said);
    now = 999.5;
    t.mock.timers.tick(1_000);
    assert.equal(told().length, 20);
    now = 1_000.5;
    t.mock.timers.tick(1);
    const latest = { type: 'progress', progress: 25, total: 25, message: undefined };
    assert.deepEqual(told().slice(20), [latest]);
    port.close();
    port2.close();
  });

  test('does not pile up for a caller who is slow to take it', async () => {
    await using isolated = new Isolated();
    let begun = 0;
    const progress = (): Promise<void> => {
      begun += 1;
      return new Promise(() => undefined);
    };
    await isolated.call('speaks', { given: { times: 10 }, context: { progress } });
    assert.equal(begun, 1);
  });

  test('is logged as the tool’s where it printed it', async (t) => {
    await using isolated = new Isolated();
    await isolated.call('speaks', { given: { times: 0 } });
    await t.waitFor(() => {
      assert.deepEqual(
        isolated
          .said('a tool printed')
          .map(({ fields }) => JSON.stringify(fields))
          .toSorted(),
        ['{"stream":"stderr","text":"complained"}', '{"stream":"stdout","text":"printed"}'],
      );
    });
  });
});
