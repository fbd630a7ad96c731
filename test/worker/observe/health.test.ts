import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { HealthCheck } from '../../../src/worker/observe/health.ts';

const fine = async (): Promise<void> => undefined;
const away = (): Promise<never> => Promise.reject(new Error('password=hunter2'));

/** A probe that counts how often it was asked. */
function counting(probe: () => Promise<unknown> = fine) {
  const asked = { times: 0 };
  const count = (): Promise<unknown> => {
    asked.times += 1;
    return probe();
  };
  return { asked, probe: count };
}

const isDraining = (): boolean => false;

const never = (): Promise<never> => new Promise(() => undefined);

suite('a health check', () => {
  test('asks once for all who want to know at the same time', async () => {
    const answer = Promise.withResolvers<void>();
    const { asked, probe } = counting(() => answer.promise);
    const health = new HealthCheck({ postgres: probe, redis: fine, isDraining });
    const checks = Array.from({ length: 50 }, () => health.check({ verbose: false }));
    answer.resolve();
    const found = await Promise.all(checks);
    assert.equal(asked.times, 1);
    assert.ok(found.every(({ status }) => status === 'ready'));
  });

  test('remembers the answer for a second at most', async (t) => {
    let now = 5_000;
    t.mock.method(performance, 'now', () => now);
    const { asked, probe } = counting();
    const health = new HealthCheck({ postgres: probe, redis: fine, isDraining });
    await health.check({ verbose: false });
    now += 1_000;
    await health.check({ verbose: false });
    assert.equal(asked.times, 1);
    now += 1;
    await health.check({ verbose: false });
    assert.equal(asked.times, 2);
  });

  test('notices within a second that Postgres went and came back', async (t) => {
    let now = 5_000;
    t.mock.method(performance, 'now', () => now);
    let probe: () => Promise<unknown> = fine;
    const health = new HealthCheck({ postgres: () => probe(), redis: fine, isDraining });
    const statuses: string[] = [];
    for (probe of [fine, away, fine]) {
      // One after the other is the point.
      // oxlint-disable-next-line no-await-in-loop -- see above
      statuses.push((await health.check({ verbose: false })).status);
      now += 1_001;
    }
    assert.deepEqual(statuses, ['ready', 'unavailable', 'ready']);
  });

  test('says so when there is no answer in time', async () => {
    const health = new HealthCheck({ postgres: never, redis: fine, isDraining });
    assert.deepEqual(await health.check({ verbose: false }), {
      status: 'unavailable',
      postgres: { status: 'down', cause: 'no answer in 1000 ms' },
    });
  });

  for (const [what, error, cause] of [
    ['its code', Object.assign(new Error('hunter2'), { code: '57P03' }), 'refused (57P03)'],
    ['nothing if there is no code', new Error('hunter2'), 'not connected'],
    ['nothing of what is no error', 'hunter2', 'not connected'],
  ] as const) {
    test(`says of an error ${what}`, async () => {
      const health = new HealthCheck({
        postgres: () => Promise.reject(error),
        redis: fine,
        isDraining,
      });
      const found = await health.check({ verbose: false });
      assert.deepEqual(found.postgres, { status: 'down', cause });
    });
  }

  test('does not count Redis, and asks it only for those who want to know', async () => {
    const { asked, probe } = counting(away);
    const health = new HealthCheck({ postgres: fine, redis: probe, isDraining });
    assert.deepEqual(await health.check({ verbose: false }), {
      status: 'ready',
      postgres: { status: 'up' },
    });
    assert.equal(asked.times, 0);
    assert.deepEqual(await health.check({ verbose: true }), {
      status: 'ready',
      postgres: { status: 'up' },
      redis: { status: 'down', cause: 'not connected' },
    });
  });

  test('says at once that we are draining, whatever it remembers', async () => {
    let draining = false;
    const health = new HealthCheck({ postgres: fine, redis: fine, isDraining: () => draining });
    assert.equal((await health.check({ verbose: false })).status, 'ready');
    draining = true;
    assert.equal((await health.check({ verbose: false })).status, 'draining');
  });

  test('says that we are draining even when Postgres is away', async () => {
    const health = new HealthCheck({ postgres: away, redis: fine, isDraining: () => true });
    const found = await health.check({ verbose: false });
    assert.equal(found.status, 'draining');
    assert.equal(found.postgres.status, 'down');
  });
});
