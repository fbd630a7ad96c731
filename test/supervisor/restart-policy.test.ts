import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import * as fc from 'fast-check';

import { CRASH_CLASSES, type CrashClass } from '../../src/shared/crash-class.ts';
import { exitCodeFor, isPermanent } from '../../src/supervisor/crash.ts';
import {
  type Circumstances,
  type Death,
  dominatingClass,
  forgiveBootFailures,
  judge,
  NO_CRASHES,
  type RestartBudget,
  scoreAt,
  type Verdict,
} from '../../src/supervisor/restart-policy.ts';

const budget: RestartBudget = {
  bootFailuresMax: 5,
  portAttemptsMax: 4,
  slotFailuresMax: 10,
  scoreMax: 12,
  halfLifeMs: 300_000,
  backoffMs: 500,
  backoffMaxMs: 30_000,
  stableMs: 60_000,
  parkedMs: 300_000,
};
const alone: Circumstances = {
  record: NO_CRASHES,
  slotFailures: 0,
  readyCount: 0,
  now: 1_000,
  random: 1,
};
const atBoot: Death = {
  class: 'uncaught',
  asked: false,
  readyForMs: undefined,
  waitedInVain: false,
};
const atRunTime: Death = { ...atBoot, class: 'killed', readyForMs: 5_000 };

const anyClass = fc.constantFrom(...CRASH_CLASSES);
const anyChance = fc.double({ min: 0, max: 1, noNaN: true });
const passing = fc.constantFrom<CrashClass>('uncaught', 'hang', 'oom_heap', 'ready_timeout');

/** The verdicts on these deaths, one after the other, until one is not to restart. */
function judgeAll(deaths: readonly Death[], circumstances: Circumstances = alone): Verdict[] {
  const verdicts: Verdict[] = [];
  let { record, slotFailures, now } = circumstances;
  for (const death of deaths) {
    const verdict = judge(death, { ...circumstances, record, slotFailures, now }, budget);
    verdicts.push(verdict);
    if (verdict.kind === 'leave' || verdict.kind === 'give-up') break;
    ({ record, slotFailures } = verdict);
    now += 1_000;
  }
  return verdicts;
}

const times = (count: number, death: Death): Death[] => Array.from({ length: count }, () => death);

function delayOf(verdict: Verdict): number {
  assert.ok(verdict.kind === 'restart' || verdict.kind === 'park', verdict.kind);
  return verdict.delayMs;
}

suite('restart policy', () => {
  test('leaves a worker alone that was asked to end, whatever it died of', () => {
    for (const crashClass of CRASH_CLASSES) {
      const death = { ...atBoot, class: crashClass, asked: true };
      assert.deepEqual(judge(death, alone, budget), { kind: 'leave' });
    }
  });

  test('gives up at the first that no restart can mend, and never while others serve', () => {
    for (const crashClass of CRASH_CLASSES.filter(isPermanent)) {
      const death = { ...atBoot, class: crashClass };
      const verdict = judge(death, alone, budget);
      assert.partialDeepStrictEqual(verdict, {
        kind: 'give-up',
        class: crashClass,
        exitCode: exitCodeFor(crashClass),
        reason: 'no restart can help',
      });
      for (const { kind } of judgeAll(times(100, death), { ...alone, readyCount: 1 })) {
        assert.notEqual(kind, 'give-up');
      }
    }
  });

  test('restarts one that served before, even if it died of what no restart can mend', () => {
    const verdict = judge({ ...atRunTime, class: 'config' }, alone, budget);
    assert.equal(verdict.kind, 'restart');
  });

  test('gives up when a dependency stayed away for as long as there was time', () => {
    const death = { ...atBoot, class: 'dep_unreachable', waitedInVain: true } as const;
    assert.partialDeepStrictEqual(judge(death, alone, budget), {
      kind: 'give-up',
      class: 'dep_unreachable',
      exitCode: 69,
    });
    assert.equal(judge(death, { ...alone, readyCount: 1 }, budget).kind, 'restart');
  });

  test('gives up at the fourth attempt at a port that is taken', () => {
    const verdicts = judgeAll(times(9, { ...atBoot, class: 'port_in_use' }));
    assert.equal(verdicts.length, 4);
    assert.partialDeepStrictEqual(verdicts[3], {
      kind: 'give-up',
      class: 'port_in_use',
      exitCode: 69,
      reason: 'the port was taken at 4 attempts',
    });
  });

  test('gives up at the fifth of any others that die before they are ready', () => {
    fc.assert(
      fc.property(fc.array(passing, { minLength: 5, maxLength: 9 }), (classes) => {
        const verdicts = judgeAll(classes.map((each) => ({ ...atBoot, class: each })));
        assert.deepEqual(
          verdicts.map(({ kind }) => kind),
          ['restart', 'restart', 'restart', 'restart', 'give-up'],
        );
        const last = verdicts[4];
        assert.ok(last?.kind === 'give-up');
        assert.equal(last.class, dominatingClass(classes.slice(0, 5)));
        assert.equal(last.exitCode, exitCodeFor(last.class));
      }),
    );
  });

  test('forgets boots that failed once somebody is ready', () => {
    const [first] = judgeAll(times(1, atBoot));
    assert.ok(first?.kind === 'restart');
    assert.deepEqual(first.record.bootFailures, ['uncaught']);
    assert.deepEqual(forgiveBootFailures(first.record).bootFailures, []);
    const next = judge(atBoot, { ...alone, record: first.record, readyCount: 1 }, budget);
    assert.ok(next.kind === 'restart');
    assert.deepEqual(next.record.bootFailures, []);
  });

  test('never ends those that serve for a slot that cannot boot', () => {
    fc.assert(
      fc.property(
        fc.array(anyClass, { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 64 }),
        (classes, readyCount) => {
          const deaths = classes.map((each) => ({ ...atBoot, class: each }));
          const verdicts = judgeAll(deaths, { ...alone, readyCount });
          assert.equal(verdicts.length, classes.length);
          assert.ok(verdicts.every(({ kind }) => kind === 'restart' || kind === 'park'));
        },
      ),
    );
  });

  test('parks a slot at its eleventh failure in a row, while others serve', () => {
    const verdicts = judgeAll(times(12, atBoot), { ...alone, readyCount: 3 });
    assert.deepEqual(
      verdicts.map(({ kind }) => kind),
      [...times(10, atBoot).map(() => 'restart'), 'park', 'park'],
    );
    assert.deepEqual(verdicts.map(delayOf).slice(-3), [30_000, 300_000, 300_000]);
    const last = judge(atRunTime, { ...alone, slotFailures: 10 }, budget);
    assert.equal(last.kind, 'restart');
  });
});

suite('the wait before a restart', () => {
  test('lies in the upper half of one that doubles with each failure, up to its cap', () => {
    fc.assert(
      fc.property(fc.nat({ max: 2_000 }), anyChance, (slotFailures, random) => {
        const delayMs = delayOf(judge(atRunTime, { ...alone, slotFailures, random }, budget));
        const longest = Math.min(500 * 2 ** slotFailures, 30_000);
        assert.ok(delayMs >= longest / 2 && delayMs <= longest, String(delayMs));
        assert.ok(Number.isInteger(delayMs));
      }),
    );
  });

  test('of a parked slot lies in the upper half of its own', () => {
    fc.assert(
      fc.property(fc.integer({ min: 10, max: 2_000 }), anyChance, (slotFailures, random) => {
        const verdict = judge(atBoot, { ...alone, readyCount: 1, slotFailures, random }, budget);
        assert.equal(verdict.kind, 'park');
        assert.ok(delayOf(verdict) >= 150_000 && delayOf(verdict) <= 300_000);
      }),
    );
  });

  test('is the shortest again once a worker was stable', () => {
    for (const [readyForMs, delayMs] of [
      [59_999, 30_000],
      [60_000, 500],
    ] as const) {
      const verdict = judge({ ...atRunTime, readyForMs }, { ...alone, slotFailures: 8 }, budget);
      assert.equal(delayOf(verdict), delayMs);
    }
  });
});

suite('the crash score', () => {
  test('halves every half-life, and never rises by itself', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 100, noNaN: true }),
        fc.nat({ max: 3_600_000 }),
        fc.nat({ max: 3_600_000 }),
        (score, first, second) => {
          const record = { ...NO_CRASHES, score, scoredAt: 0 };
          const early = scoreAt(record, first, 300_000);
          assert.ok(scoreAt(record, first + second, 300_000) <= early);
          const later = scoreAt(record, first + 300_000, 300_000);
          assert.ok(Math.abs(later - early / 2) < 1e-9);
        },
      ),
    );
  });

  test('counts deaths of workers that served, and no others', () => {
    const [served] = judgeAll([atRunTime]);
    const [never] = judgeAll([atBoot]);
    assert.ok(served?.kind === 'restart' && never?.kind === 'restart');
    assert.deepEqual([served.record.score, never.record.score], [1, 0]);
    assert.deepEqual(served.record.runCrashes, ['killed']);
  });

  test('ends us once it is over its limit, and not at it', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 30, noNaN: true }), (score) => {
        const record = { ...NO_CRASHES, score, scoredAt: alone.now };
        const verdict = judge(atRunTime, { ...alone, readyCount: 3, record }, budget);
        assert.equal(verdict.kind === 'give-up', score + 1 > 12);
      }),
    );
    const verdicts = judgeAll(times(20, atRunTime), { ...alone, readyCount: 3 });
    assert.equal(verdicts.length, 13);
    assert.partialDeepStrictEqual(verdicts[12], {
      kind: 'give-up',
      class: 'killed',
      exitCode: 70,
      reason: 'the crash budget is spent: the score is 12.8, over 12',
    });
  });

  test('is not spent by a call that kills: it is refused from now on, and no patience is needed', () => {
    fc.assert(
      fc.property(
        fc.option(fc.nat({ max: 100_000 }), { nil: undefined }),
        fc.integer({ min: 0, max: 4 }),
        fc.nat({ max: 40 }),
        (readyForMs, readyCount, slotFailures) => {
          const poison = { ...atBoot, class: 'poison', readyForMs } as const;
          const record = { ...NO_CRASHES, score: 12, scoredAt: alone.now };
          const verdict = judge(poison, { ...alone, readyCount, slotFailures, record }, budget);
          assert.deepEqual(verdict, { kind: 'restart', delayMs: 250, record, slotFailures });
        },
      ),
    );
  });
});

suite('what most of them died of', () => {
  test('decides, and of two that are as many the later one', () => {
    assert.equal(dominatingClass([]), undefined);
    assert.equal(dominatingClass(['hang', 'uncaught', 'hang']), 'hang');
    assert.equal(dominatingClass(['hang', 'uncaught']), 'uncaught');
    assert.equal(dominatingClass(['uncaught', 'hang']), 'hang');
  });
});
