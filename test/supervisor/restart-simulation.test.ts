/** What the policy comes to over minutes and days, with the defaults that production has. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import type { RestartBudget } from '../../src/supervisor/restart-policy.ts';
import {
  type Life,
  type Outcome,
  SimulatedSupervisor,
  type World,
} from './simulated-supervisor.ts';

const SEEDS = Array.from({ length: 40 }, (_, seed) => seed + 1);
const BOOT_MS = 300;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const ZERO_CAPACITY_MS = 120_000;

function budgetFor(workers: number): RestartBudget {
  return {
    bootFailuresMax: 5,
    portAttemptsMax: 4,
    slotFailuresMax: 10,
    scoreMax: Math.max(6, 3 * workers),
    halfLifeMs: 300_000,
    backoffMs: 500,
    backoffMaxMs: 30_000,
    stableMs: 60_000,
    parkedMs: 300_000,
  };
}

/** The same world under many chances, the quickest verdict first. */
function outcomesOf(world: World): readonly Outcome[] {
  const budget = budgetFor(world.workers);
  return SEEDS.map((seed) =>
    new SimulatedSupervisor(world, budget, ZERO_CAPACITY_MS, seed).run(),
  ).toSorted((a, b) => a.seconds - b.seconds);
}

const healthy: Life = { readyMs: BOOT_MS, endsMs: undefined, class: 'uncaught' };
const diesAtBoot = (endsMs: number): Life => ({ readyMs: undefined, endsMs, class: 'uncaught' });

/** Serves for a time that is spread by a tenth around `ms`. */
function servesFor(ms: number): World['lifeOf'] {
  return (_slot, random) => {
    const endsMs = BOOT_MS + ms * (0.9 + random() * 0.2);
    return { readyMs: BOOT_MS, endsMs, class: 'uncaught' };
  };
}

interface Row {
  readonly scenario: string;
  readonly world: World;
  readonly verdict: Outcome['verdict'];
  /** Between which it gives up, whatever chance does. */
  readonly seconds?: readonly [number, number];
  readonly exitCode?: number;
  readonly forks?: number;
  readonly restarts?: number;
}

const ROWS: readonly Row[] = [
  {
    scenario: 'boot crash at 0.1 s',
    world: { workers: 4, lifeOf: () => diesAtBoot(100), untilMs: DAY_MS },
    verdict: 'fatal',
    // Four waits of 0.5, 1, 2 and 4 s, each at least half as long.
    seconds: [4.2, 8.1],
    exitCode: 70,
    forks: 5,
  },
  {
    scenario: 'exit 78 at boot',
    world: { workers: 4, lifeOf: () => ({ ...diesAtBoot(300), class: 'config' }), untilMs: DAY_MS },
    verdict: 'fatal',
    seconds: [0.3, 0.3],
    exitCode: 78,
    forks: 1,
  },
  {
    scenario: 'boot crash at 2 s',
    world: { workers: 4, lifeOf: () => diesAtBoot(2_000), untilMs: DAY_MS },
    verdict: 'fatal',
    seconds: [13.7, 17.6],
    exitCode: 70,
    forks: 5,
  },
  {
    scenario: 'boot crash at 12 s',
    world: { workers: 4, lifeOf: () => diesAtBoot(12_000), untilMs: DAY_MS },
    verdict: 'fatal',
    seconds: [63.7, 67.6],
    exitCode: 70,
    forks: 5,
  },
  {
    scenario: 'all die ~45 s after ready, 4 workers',
    world: { workers: 4, lifeOf: servesFor(45_000), untilMs: DAY_MS },
    verdict: 'fatal',
    seconds: [170, 205],
    exitCode: 70,
  },
  {
    scenario: 'all die ~45 s after ready, 1 worker',
    world: { workers: 1, lifeOf: servesFor(45_000), untilMs: DAY_MS },
    verdict: 'fatal',
    seconds: [500, 900],
    exitCode: 70,
  },
  {
    scenario: '1 crash an hour and worker, 8 workers',
    world: { workers: 8, lifeOf: servesFor(HOUR_MS), untilMs: DAY_MS },
    verdict: 'serves',
  },
  {
    scenario: 'all 8 killed once',
    world: {
      workers: 8,
      lifeOf: () => healthy,
      kills: [{ atMs: MINUTE_MS, victims: 8 }],
      untilMs: HOUR_MS,
    },
    verdict: 'serves',
    restarts: 8,
  },
  {
    scenario: 'all 8 killed 3 times in 2 min',
    world: {
      workers: 8,
      lifeOf: () => healthy,
      kills: [1, 2, 3].map((minute) => ({ atMs: minute * MINUTE_MS, victims: 8 })),
      untilMs: HOUR_MS,
    },
    verdict: 'serves',
    restarts: 24,
  },
  {
    scenario: 'one slot cannot boot, 3 serve',
    world: {
      workers: 4,
      lifeOf: (slot) => (slot === 3 ? { ...diesAtBoot(300), class: 'config' } : healthy),
      untilMs: DAY_MS,
    },
    verdict: 'degraded',
  },
  {
    scenario: 'random SIGKILL every 2 s',
    world: {
      workers: 4,
      lifeOf: () => healthy,
      kills: Array.from({ length: 1_000 }, (_, index) => ({
        atMs: (index + 1) * 2_000,
        victims: 1,
      })),
      untilMs: DAY_MS,
    },
    verdict: 'fatal',
    seconds: [20, 30],
    exitCode: 70,
    restarts: 12,
  },
];

function shown(scenario: string, outcomes: readonly Outcome[]): string {
  const [first, median, last] = [0, 0.5, 1].map((share) => {
    return outcomes[Math.round(share * (outcomes.length - 1))];
  });
  const when =
    median?.verdict === 'fatal'
      ? `${median.seconds.toFixed(1)} s (${first?.seconds.toFixed(1)}-${last?.seconds.toFixed(1)})`
      : `after ${(median?.seconds ?? 0) / 3_600} h`;
  const how = `${median?.verdict} ${when}, ${median?.forks} forks, ${median?.restarts} restarts`;
  return `${scenario.padEnd(38)} ${how}, parked ${median?.parked} times`;
}

suite('the restart policy over time', () => {
  for (const { scenario, world, verdict, seconds, ...expected } of ROWS) {
    test(`${scenario}: ${verdict}`, (t) => {
      const outcomes = outcomesOf(world);
      t.diagnostic(shown(scenario, outcomes));
      for (const outcome of outcomes) {
        assert.equal(outcome.verdict, verdict);
        assert.partialDeepStrictEqual(outcome, expected);
        if (seconds === undefined) continue;
        const [least, most] = seconds;
        assert.ok(outcome.seconds >= least && outcome.seconds <= most, String(outcome.seconds));
      }
    });
  }

  test('a slot that fails alone is tried every few minutes, and not more often', () => {
    const world: World = {
      workers: 2,
      lifeOf: (slot) => (slot === 1 ? diesAtBoot(300) : healthy),
      untilMs: DAY_MS,
    };
    for (const { parked } of outcomesOf(world)) {
      // Between 150 and 300 s each.
      assert.ok(parked >= DAY_MS / 300_300 - 2 && parked <= DAY_MS / 150_300, String(parked));
    }
  });

  test('the same chances come to the same', () => {
    const world: World = { workers: 4, lifeOf: servesFor(45_000), untilMs: DAY_MS };
    assert.deepEqual(outcomesOf(world), outcomesOf(world));
  });
});
