import assert from 'node:assert/strict';
import { suite, type TestContext, test } from 'node:test';

import type { DependencyReport } from '../../../src/shared/ipc.ts';
import { Prober } from '../../../src/worker/observe/prober.ts';
import { away, there } from '../dependency-reports.ts';

const EVERY_MS = 500;

/** A prober under a clock of the test, whose questions are answered when the test says so. */
function openProber(t: TestContext) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const reported: DependencyReport[] = [];
  const asked: PromiseWithResolvers<readonly DependencyReport[]>[] = [];
  const timeouts: number[] = [];
  const prober = new Prober({
    probe: (timeoutMs) => {
      const question = Promise.withResolvers<readonly DependencyReport[]>();
      timeouts.push(timeoutMs);
      asked.push(question);
      return question.promise;
    },
    everyMs: EVERY_MS,
    timeoutMs: 1_000,
    report: (report) => reported.push(report),
  });
  const answer = async (...reports: readonly DependencyReport[]): Promise<void> => {
    asked.at(-1)?.resolve(reports);
    // What waits for the answer comes before an immediate.
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  };
  return { prober, reported, asked, timeouts, answer };
}

suite('a prober', () => {
  test('asks nobody until it is told to', (t) => {
    const { prober, asked } = openProber(t);
    t.mock.timers.tick(60_000);
    assert.equal(asked.length, 0);
    prober[Symbol.dispose]();
  });

  test('asks again and again, and reports each answer', async (t) => {
    const { prober, reported, asked, timeouts, answer } = openProber(t);
    prober.start();
    t.mock.timers.tick(EVERY_MS);
    await answer(there('postgres'), away('redis'));
    t.mock.timers.tick(EVERY_MS);
    await answer(there('postgres'), there('redis'));
    assert.equal(asked.length, 2);
    assert.deepEqual(timeouts, [1_000, 1_000]);
    assert.deepEqual(
      reported.map(({ name, status }) => `${name} ${status}`),
      ['postgres up', 'redis down', 'postgres up', 'redis up'],
    );
    prober[Symbol.dispose]();
  });

  test('asks the next time only when it has been answered', async (t) => {
    const { prober, asked, answer } = openProber(t);
    prober.start();
    t.mock.timers.tick(100 * EVERY_MS);
    assert.equal(asked.length, 1);
    await answer();
    t.mock.timers.tick(EVERY_MS);
    assert.equal(asked.length, 2);
    prober[Symbol.dispose]();
  });

  test('that is told twice asks no more often', (t) => {
    const { prober, asked } = openProber(t);
    prober.start();
    prober.start();
    t.mock.timers.tick(EVERY_MS);
    assert.equal(asked.length, 1);
    prober[Symbol.dispose]();
  });

  test('that is disposed of asks no more, not even after the answer it waited for', async (t) => {
    const { prober, asked, answer } = openProber(t);
    prober.start();
    t.mock.timers.tick(EVERY_MS);
    prober[Symbol.dispose]();
    await answer(there('postgres'));
    t.mock.timers.tick(100 * EVERY_MS);
    assert.equal(asked.length, 1);
  });
});
