import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import type { DependencyReport } from '../../../src/shared/ipc.ts';
import { HealthCheck } from '../../../src/worker/observe/health.ts';
import { away, there } from '../dependency-reports.ts';

/** A check that has heard these. */
function checkOf(...reports: readonly DependencyReport[]): HealthCheck {
  const health = new HealthCheck();
  health.update(reports);
  return health;
}

suite('a health check', () => {
  test('takes for granted what it never heard of: it was reached when we began to serve', () => {
    assert.deepEqual(checkOf().check({ verbose: true }), {
      status: 'ready',
      postgres: { status: 'up' },
      redis: { status: 'up' },
    });
  });

  test('follows what it hears, and keeps what is not said anew', () => {
    const health = checkOf(away('postgres'), away('redis'));
    const statuses = [health.check({ verbose: false }).status];
    for (const report of [there('redis'), there('postgres'), away('postgres')]) {
      health.update([report]);
      statuses.push(health.check({ verbose: false }).status);
    }
    assert.deepEqual(statuses, ['unavailable', 'unavailable', 'ready', 'unavailable']);
  });

  for (const [what, report, cause] of [
    [
      'what is wrong and its code',
      away('postgres', '57P03', 'it is starting up'),
      'it is starting up (57P03)',
    ],
    ['that there is no answer, if nobody knows more', away('postgres'), 'no answer'],
    ['what is wrong alone, if it has no code', away('postgres', undefined, 'x'), 'x'],
  ] as const) {
    test(`says ${what}`, () => {
      const { postgres } = checkOf(report).check({ verbose: false });
      assert.deepEqual(postgres, { status: 'down', cause });
    });
  }

  test('does not count Redis, and shows it only to those who want to know', () => {
    const health = checkOf(away('redis', 'NOAUTH', 'it asks for a password'));
    assert.deepEqual(health.check({ verbose: false }), {
      status: 'ready',
      postgres: { status: 'up' },
    });
    assert.deepEqual(health.check({ verbose: true }), {
      status: 'ready',
      postgres: { status: 'up' },
      redis: { status: 'down', cause: 'it asks for a password (NOAUTH)' },
    });
  });

  test('says at once that we are draining, even when Postgres is away', () => {
    const health = new HealthCheck();
    assert.equal(health.check({ verbose: false }).status, 'ready');
    health.drain();
    assert.equal(health.check({ verbose: false }).status, 'draining');
    health.update([away('postgres')]);
    const found = health.check({ verbose: false });
    assert.deepEqual([found.status, found.postgres.status], ['draining', 'down']);
  });
});
