import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { ExitCode } from '../../src/shared/exit-codes.ts';
import {
  type Circumstances,
  judge,
  NO_CRASHES,
  type RestartBudget,
  type WorkerExit,
} from '../../src/supervisor/restart-policy.ts';

const budget: RestartBudget = {
  bootFailuresMax: 5,
  scoreMax: 6,
  halfLifeMs: 300_000,
  backoffMs: 500,
  backoffMaxMs: 30_000,
  stableMs: 60_000,
};
const alone: Circumstances = {
  record: NO_CRASHES,
  slotFailures: 0,
  readyCount: 0,
  now: 1_000,
  random: 1,
};
const atBoot: WorkerExit = {
  code: ExitCode.Software,
  signal: null,
  asked: false,
  uptimeMs: 300,
  readyForMs: undefined,
};
const atRunTime: WorkerExit = { ...atBoot, code: null, signal: 'SIGKILL', readyForMs: 5_000 };

/** The verdicts on the same end, again and again, `everyMs`. */
function judgeAgain(
  exit: WorkerExit,
  times: number,
  everyMs: number,
  readyCount: number,
): string[] {
  const seen: string[] = [];
  let circumstances: Circumstances = { ...alone, readyCount };
  for (let time = 0; time < times; time++) {
    const verdict = judge(exit, circumstances, budget);
    seen.push(verdict.kind === 'restart' ? String(verdict.delayMs) : verdict.kind);
    if (verdict.kind !== 'restart') break;
    const { record, slotFailures } = verdict;
    circumstances = { ...circumstances, record, slotFailures, now: circumstances.now + everyMs };
  }
  return seen;
}

suite('restart policy', () => {
  test('a worker that was asked to stop is left alone', () => {
    assert.deepEqual(judge({ ...atBoot, asked: true }, alone, budget), { kind: 'leave' });
  });

  test('what no restart can mend is given up at once, if nobody serves', () => {
    for (const code of [ExitCode.Misconfigured, ExitCode.Unavailable]) {
      const verdict = judge({ ...atBoot, code }, alone, budget);
      assert.ok(verdict.kind === 'give-up');
      assert.equal(verdict.exitCode, code);
      assert.equal(judge({ ...atBoot, code }, { ...alone, readyCount: 1 }, budget).kind, 'restart');
    }
  });

  test('boots that fail while nobody serves wait longer each time, then are given up', () => {
    assert.deepEqual(judgeAgain(atBoot, 9, 5_000, 0), ['500', '1000', '2000', '4000', 'give-up']);
  });

  test('one slot that cannot boot never ends those that serve', () => {
    const seen = judgeAgain(atBoot, 100, 60_000, 3);
    assert.equal(seen.length, 100);
    assert.equal(seen.at(-1), '30000');
  });

  test('workers that die soon after each start spend the budget', () => {
    assert.equal(judgeAgain(atRunTime, 20, 1_000, 1).at(-1), 'give-up');
  });

  test('a crash every hour never spends the budget', () => {
    assert.equal(judgeAgain(atRunTime, 1_000, 3_600_000, 1).includes('give-up'), false);
  });

  test('a worker that was stable begins anew with the shortest wait', () => {
    const verdict = judge(
      { ...atRunTime, readyForMs: 61_000 },
      { ...alone, slotFailures: 6, readyCount: 1 },
      budget,
    );
    assert.ok(verdict.kind === 'restart');
    assert.equal(verdict.delayMs, 500);
  });

  test('chance spreads a wait over its second half', () => {
    const delays = [0, 0.5, 1].map((random) => {
      const verdict = judge(atRunTime, { ...alone, readyCount: 1, random }, budget);
      return verdict.kind === 'restart' ? verdict.delayMs : verdict.kind;
    });
    assert.deepEqual(delays, [250, 375, 500]);
  });
});
