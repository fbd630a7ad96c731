import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import type { CrashClass } from '../../src/shared/crash-class.ts';
import { describeCrash, type Infliction } from '../../src/supervisor/crash.ts';
import { CrashLedger, type Crowd } from '../../src/supervisor/crash-ledger.ts';
import type { Ending } from '../../src/supervisor/incarnation/worker-handle.ts';
import { silentDeath } from './evidence.ts';

const OPTIONS = {
  budgetFor: () => ({
    bootFailuresMax: 5,
    portAttemptsMax: 4,
    slotFailuresMax: 10,
    scoreMax: 6,
    halfLifeMs: 300_000,
    backoffMs: 500,
    backoffMaxMs: 30_000,
    stableMs: 60_000,
    parkedMs: 300_000,
  }),
  startupMs: 60_000,
  zeroCapacityMs: 120_000,
};

const WORKERS = 2;

function crowd(slotFailures: number, readyCount: number): Crowd {
  return { slotFailures, readyCount, workerCount: WORKERS };
}

interface Known {
  readonly slot?: number;
  readonly cause?: string;
  readonly asked?: boolean;
  readonly readyForMs?: number;
  readonly waitedMs?: number;
  readonly inflicted?: Infliction;
}

/** The end of a worker, of which this is known. */
function endingOf(crashClass: CrashClass, known: Known = {}): Ending {
  const { slot = 0, cause = 'it broke', asked = false, readyForMs, waitedMs = 0 } = known;
  const crash = describeCrash(crashClass, cause);
  return {
    slot,
    asked,
    evidence: { ...silentDeath, inflicted: known.inflicted },
    readyForMs,
    waitedMs,
    heartbeat: undefined,
    crash,
    exit: {
      at: 1_000,
      code: 70,
      signal: null,
      phase: readyForMs === undefined ? 'boot' : 'run',
      uptimeMs: 640,
      crash,
      stderrTail: [],
      stack: [],
      calls: [],
    },
  };
}

suite('the crash ledger', () => {
  test('enters what nobody asked for, with what its slot had waited before', () => {
    const ledger = new CrashLedger(OPTIONS);
    const first = ledger.judge(endingOf('uncaught', { slot: 1 }), crowd(0, 0));
    assert.ok(first.kind === 'restart');
    ledger.judge(endingOf('uncaught', { asked: true }), crowd(0, 1));
    ledger.judge(endingOf('hang', { slot: 2 }), crowd(0, 0));
    ledger.judge(endingOf('hang', { slot: 1 }), crowd(1, 0));
    const { attempts } = ledger.fatalityOf('hang', 'enough', undefined);
    assert.deepEqual(
      attempts.map(({ slot, delayMs, crash }) => [slot, delayMs, crash.class]),
      [
        [1, 0, 'uncaught'],
        [2, 0, 'hang'],
        [1, first.delayMs, 'hang'],
      ],
    );
  });

  test('keeps the newest twenty', () => {
    const ledger = new CrashLedger(OPTIONS);
    for (let count = 0; count < 25; count++) {
      ledger.judge(endingOf('uncaught', { cause: `cause ${count}` }), crowd(0, 1));
    }
    const { attempts, crash } = ledger.fatalityOf('uncaught', 'enough', undefined);
    assert.deepEqual(
      [attempts.length, attempts[0]?.crash.cause, crash.cause],
      [20, 'cause 5', 'cause 24'],
    );
  });

  test('shows the last cause of the class that decides, and the rule if there is none', () => {
    const ledger = new CrashLedger(OPTIONS);
    ledger.judge(endingOf('hang', { cause: 'at grind()' }), crowd(0, 0));
    const ending = endingOf('uncaught');
    ledger.judge(ending, crowd(0, 0));
    const fatality = ledger.fatalityOf('hang', 'too often', ending);
    assert.partialDeepStrictEqual(fatality, {
      exitCode: 70,
      rule: 'too often',
      crash: { class: 'hang', cause: 'at grind()' },
    });
    assert.equal(fatality.ending, ending);
    const other = ledger.fatalityOf('config', 'a rule', undefined);
    assert.deepEqual([other.crash.cause, other.exitCode], ['a rule', 78]);
  });

  test('gives up at the fifth boot in a row that failed, unless somebody was ready between', () => {
    const ledger = new CrashLedger(OPTIONS);
    const judge = (): string => ledger.judge(endingOf('uncaught'), crowd(0, 0)).kind;
    const verdicts = [judge(), judge(), judge(), judge()];
    assert.equal(ledger.snapshot(WORKERS).bootFailures, 4);
    ledger.forgive();
    assert.equal(ledger.snapshot(WORKERS).bootFailures, 0);
    verdicts.push(judge(), judge(), judge(), judge(), judge());
    assert.deepEqual(verdicts, [...Array.from({ length: 8 }, () => 'restart'), 'give-up']);
  });
});

suite('the time for dependencies at the start', () => {
  test('is shared by all canaries, and never below nothing', () => {
    const ledger = new CrashLedger(OPTIONS);
    assert.equal(ledger.waitLeftMs, 60_000);
    ledger.judge(endingOf('uncaught', { waitedMs: 45_000 }), crowd(0, 0));
    assert.equal(ledger.waitLeftMs, 15_000);
    ledger.judge(endingOf('uncaught', { waitedMs: 45_000 }), crowd(0, 0));
    assert.equal(ledger.waitLeftMs, 0);
  });

  test('begins anew once somebody was ready', () => {
    const ledger = new CrashLedger(OPTIONS);
    ledger.judge(endingOf('uncaught', { waitedMs: 45_000 }), crowd(0, 0));
    ledger.forgive();
    assert.equal(ledger.waitLeftMs, 60_000);
    ledger.judge(endingOf('uncaught', { waitedMs: 45_000, readyForMs: 1_000 }), crowd(0, 0));
    assert.equal(ledger.waitLeftMs, 60_000);
  });

  test('that is over ends us, and shows what was waited for', () => {
    const ledger = new CrashLedger(OPTIONS);
    const cause = 'postgres: connection refused (ECONNREFUSED) at db:5432';
    const known = { cause, inflicted: 'dependency-deadline' } as const;
    const verdict = ledger.judge(endingOf('dep_unreachable', known), crowd(0, 0));
    assert.ok(verdict.kind === 'give-up');
    const { crash, exitCode } = ledger.fatalityOf(verdict.class, verdict.reason, undefined);
    assert.deepEqual([crash.cause, exitCode], [cause, 69]);
  });
});

suite('the time without anybody who serves', () => {
  test('is over after so long, and begins anew once somebody is ready', () => {
    const ledger = new CrashLedger(OPTIONS);
    assert.ok(!ledger.countZeroCapacity(119_999));
    ledger.forgive();
    assert.ok(!ledger.countZeroCapacity(119_999));
    assert.equal(ledger.snapshot(WORKERS).zeroCapacityForMs, 119_999);
    assert.ok(ledger.countZeroCapacity(1));
  });

  test('comes to what most died of, to a dependency that is waited for, or to not being ready', () => {
    const ledger = new CrashLedger(OPTIONS);
    const classOf = (isWaiting: boolean): CrashClass =>
      ledger.fatalityOfZeroCapacity(isWaiting).crash.class;
    assert.equal(classOf(false), 'ready_timeout');
    for (const crashClass of ['hang', 'killed', 'hang'] as const) {
      ledger.judge(endingOf(crashClass, { readyForMs: 5_000 }), crowd(0, 1));
    }
    assert.equal(classOf(false), 'hang');
    ledger.judge(endingOf('port_in_use'), crowd(0, 0));
    assert.equal(classOf(false), 'port_in_use');
    assert.equal(classOf(true), 'dep_unreachable');
    assert.equal(ledger.fatalityOfZeroCapacity(true).rule, 'no worker was ready for 120 s');
  });
});

test('the score that is shown decays', (t) => {
  let now = 0;
  t.mock.method(performance, 'now', () => now);
  const ledger = new CrashLedger(OPTIONS);
  for (let count = 0; count < 4; count++) {
    ledger.judge(endingOf('killed', { readyForMs: 5_000 }), crowd(0, 1));
  }
  assert.equal(ledger.snapshot(WORKERS).score, 4);
  now += 600_000;
  assert.equal(ledger.snapshot(WORKERS).score, 1);
});
