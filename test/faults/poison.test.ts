/** Calls that end workers. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';

import { Agent, type Answer } from '../agent.ts';
import { createDatabase } from '../postgres.ts';
import { Patient, type PatientOptions } from './patient.ts';

const timeout = 180_000;
const QUARANTINED = 422;

suite('a call that ends workers', { concurrency: 2 }, () => {
  let database: Awaited<ReturnType<typeof createDatabase>>;
  before(async () => {
    database = await createDatabase();
  });
  after(async () => {
    await database[Symbol.asyncDispose]();
  });
  const start = ({ env, ...rest }: PatientOptions = {}): Patient =>
    new Patient({ tools: 'deadly.ts', ...rest, env: { DATABASE_URL: database.url, ...env } });

  /** How often it has to kill before it is refused: what a worker itself can say counts at once. */
  for (const [how, deaths] of [
    ['throw', 2],
    ['abort', 3],
    ['exit-1', 3],
  ] as const) {
    test(`by ${how} is refused after ${deaths} deaths, and others pass (53)`, {
      timeout,
    }, async () => {
      await using patient = start();
      const poison = { how, mark: 'this one' };
      for (let death = 0; death < deaths; death++) {
        assert.equal(await call(patient, 'exits', poison), 'deadly', `death ${death + 1}`);
      }
      const refused = await call(patient, 'exits', poison);
      assert.notEqual(refused, 'deadly');
      assert.equal(refused === 'deadly' ? 0 : refused.error?.code, QUARANTINED);
      await using agent = await Agent.connect(await patient.port());
      assert.equal(typeof (await agent.workerPid()), 'number');
      const { quarantine, budget } = await patient.state();
      assert.deepEqual(
        quarantine.map(({ tool, state }) => [tool, state]),
        [['exits', 'refused']],
      );
      // The last death is explained, and spends nothing.
      assert.ok(budget.crashScore <= deaths - 1);
    });
  }

  test('by blocking its event loop is refused too (53)', { timeout }, async () => {
    await using patient = start({ env: { MCP_BREADCRUMBS: 'always' } });
    for (let death = 0; death < 2; death++) {
      assert.equal(await call(patient, 'blocks', { ms: 59_999 }), 'deadly');
    }
    const refused = await call(patient, 'blocks', { ms: 59_999 });
    assert.equal(refused === 'deadly' ? 0 : refused.error?.code, QUARANTINED);
  });

  test('is tried once more after a while, and free when it is harmless by then', {
    timeout,
  }, async () => {
    await using patient = start({
      env: { MCP_BREADCRUMBS: 'always', MCP_SUPERVISOR_QUARANTINE_MS: '4000' },
    });
    const harmless = { ms: 10 };
    // It is in flight when its workers are ended by another call, time and again.
    for (let death = 0; death < 2; death++) {
      assert.equal(await call(patient, 'exits', { how: 'abort' }), 'deadly');
    }
    const refused = await call(patient, 'exits', { how: 'abort' });
    assert.equal(refused === 'deadly' ? 0 : refused.error?.code, QUARANTINED);
    assert.notEqual(await call(patient, 'waits', harmless), 'deadly');
    await patient.until(({ quarantine }) => quarantine[0]?.state === 'on-trial', 'a trial');
    assert.equal(await call(patient, 'exits', { how: 'abort' }), 'deadly');
    const state = await patient.running();
    assert.equal(state.quarantine[0]?.state, 'refused');
  });

  test('is let go by an operator', { timeout }, async () => {
    await using patient = start({ env: { MCP_BREADCRUMBS: 'always' } });
    const poison = { how: 'exit-0' };
    for (let death = 0; death < 2; death++) {
      assert.equal(await call(patient, 'exits', poison), 'deadly');
    }
    const { quarantine } = await patient.until(
      (state) => state.quarantine.length > 0,
      'quarantine',
    );
    const release = quarantine[0]?.fingerprint ?? '';
    assert.equal((await patient.post('/supervisor/quarantine', { release })).status, 202);
    assert.equal((await patient.state()).quarantine.length, 0);
    assert.equal(await call(patient, 'exits', poison), 'deadly');
  });
});

/** Calls once all workers serve. Says whether the worker survived it. */
async function call(patient: Patient, name: string, given: object): Promise<Answer | 'deadly'> {
  await patient.running();
  await using agent = await Agent.connect(await patient.port());
  const answer = await agent.call(name, given).catch(() => 'deadly' as const);
  if (answer === 'deadly') {
    await patient.until(({ supervisor }) => supervisor.state !== 'RUNNING', 'a death');
  }
  return answer;
}
