/** Workers that die, alone and together, once and again. Numbers are those of README.md. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { Agent } from '../agent.ts';
import { createDatabase } from '../postgres.ts';
import { processesOf } from '../process/holdfast.ts';
import { Patient, type PatientOptions } from './patient.ts';
import { kill, signal } from './processes.ts';

const timeout = 180_000;
const KILLS_MAX = 12;

suite('workers that die', { concurrency: 2 }, () => {
  let database: Awaited<ReturnType<typeof createDatabase>>;
  before(async () => {
    database = await createDatabase();
  });
  after(async () => {
    await database[Symbol.asyncDispose]();
  });
  const start = ({ env, ...rest }: PatientOptions = {}): Patient =>
    new Patient({ ...rest, env: { DATABASE_URL: database.url, ...env } });

  test('each soon after it was ready spend the budget with the seventh crash (16)', {
    timeout,
  }, async () => {
    await using patient = start({ tools: 'dies-soon.ts', env: { DIES_AFTER_MS: '1000' } });
    assert.equal((await patient.ended).code, 70);
    const { class: crashClass, cause, supervisor } = patient.fatal();
    assert.equal(crashClass, 'uncaught');
    assert.match(cause, /dies soon after it was ready/);
    assert.ok(supervisor !== null && supervisor.crashScore > supervisor.crashScoreMax);
    assert.equal(patient.said('giving up').length, 1);
    // Another may die in the moment in which the seventh is being told of.
    const deaths = patient.said('worker died').length;
    assert.ok(deaths === 7 || deaths === 8, `${deaths} deaths`);
    assert.ok(patient.starts <= 9, `${patient.starts} starts`);
  });

  test('in one slot only, again and again, park the slot, and the others serve (17, 18)', {
    timeout,
  }, async (t) => {
    await using patient = start({
      tools: 'dies-in-slot-1.ts',
      env: {
        MCP_SUPERVISOR_BACKOFF_MS: '20',
        MCP_SUPERVISOR_BACKOFF_MAX_MS: '50',
        MCP_SUPERVISOR_PARKED_MS: '3000',
      },
    });
    const { port } = await patient.hears(t, 'worker is ready');
    await using agent = await Agent.connect(Number(port));
    const parked = await patient.until(
      ({ workers }) => workers[1]?.state === 'PARKED',
      'PARKED',
      60_000,
    );
    assert.equal(parked.supervisor.state, 'DEGRADED');
    assert.equal(parked.workers[1]?.consecutiveFailures, 11);
    const [event] = (await patient.events()).filter(({ type }) => type === 'worker_parked');
    assert.ok(event !== undefined);
    const startsThen = patient.starts;
    assert.equal(startsThen, 12);
    const again = await patient.until(
      ({ workers }) => workers[1]?.consecutiveFailures === 12,
      'a try of the parked slot',
    );
    assert.equal(again.supervisor.state, 'DEGRADED');
    assert.equal(patient.starts, 13);
    assert.equal(again.budget.bootStreak, 0);
    assert.equal(again.workers[0]?.restarts, 0);
    assert.equal((await patient.get('/readyz')).status, 200);
    assert.equal(await agent.workerPid(), again.workers[0]?.pid);
  });

  test('as fast as somebody kills them end it after a dozen kills at most (25)', {
    timeout,
  }, async () => {
    await using patient = start();
    await patient.running();
    let kills = 0;
    while (patient.child.exitCode === null && kills <= KILLS_MAX) {
      const [pid] = patient.workerPids();
      if (pid !== undefined) {
        process.kill(pid, 'SIGKILL');
        kills++;
      }
      await sleep(100);
    }
    assert.equal((await patient.ended).code, 70);
    assert.ok(kills <= KILLS_MAX, `${kills} kills`);
    assert.equal(patient.fatal().class, 'killed');
  });

  test('all at once are started again, and that is no loop (26)', { timeout }, async () => {
    await using patient = start();
    const { workers } = await patient.running();
    for (const { pid } of workers) signal(pid, 'SIGKILL');
    const later = await patient.until(
      (state) =>
        state.supervisor.state === 'RUNNING' &&
        state.workers.every(({ restarts }) => restarts === 1),
      'RUNNING again',
    );
    const { crashScore } = later.budget;
    assert.ok(crashScore > 1.5 && crashScore <= 2, `a score of ${crashScore}`);
    assert.deepEqual(
      later.workers.map(({ lastExit }) => [lastExit?.class, lastExit?.signal]),
      [
        ['killed', 'SIGKILL'],
        ['killed', 'SIGKILL'],
      ],
    );
    assert.equal(patient.starts, 4);
  });

  test('with code 0, though nobody asked them to, are counted like others (30)', {
    timeout,
  }, async () => {
    await using patient = start({ tools: 'deadly.ts', workers: 1 });
    await patient.running();
    await using agent = await Agent.connect(await patient.port());
    await assert.rejects(agent.call('exits', { how: 'exit-0' }));
    const { workers, budget } = await patient.until(
      ({ supervisor, workers: [only] }) => supervisor.state === 'RUNNING' && only?.restarts === 1,
      'RUNNING again',
    );
    assert.equal(workers[0]?.lastExit?.class, 'clean_exit');
    assert.equal(workers[0].lastExit.code, 0);
    assert.ok(budget.crashScore > 0.5);
  });

  test('each a while after it was ready, for ever, end it though they are slow (45)', {
    timeout,
  }, async () => {
    await using patient = start({
      tools: 'dies-soon.ts',
      workers: 1,
      // A crash every ninth part of a half-life or so, as with one in 45 s by default.
      env: {
        DIES_AFTER_MS: '800',
        MCP_SUPERVISOR_HALF_LIFE_MS: '20000',
        MCP_SUPERVISOR_BACKOFF_MAX_MS: '100',
      },
    });
    assert.equal((await patient.ended).code, 70);
    const deaths = patient.said('worker died').length;
    assert.ok(deaths > 7 && deaths < 20, `${deaths} deaths`);
    assert.equal(patient.starts, deaths);
  });

  test('and leave somebody behind who holds their stderr are explained at once (61)', {
    timeout,
  }, async (t) => {
    await using patient = start({ tools: 'deadly.ts', workers: 1 });
    await patient.running();
    await using agent = await Agent.connect(await patient.port());
    const pid = await agent.workerPid();
    const failed = assert.rejects(agent.call('leaves_grandchild', { seconds: 20 }));
    await t.waitFor(() => assert.ok(!patient.workerPids().includes(pid)), { interval: 5 });
    const goneAt = performance.now();
    await patient.hears(t, 'worker died');
    const tookMs = performance.now() - goneAt;
    assert.ok(tookMs < 1_000, `it took ${tookMs} ms`);
    await failed;
    const { workers } = await patient.running();
    assert.equal(workers[0]?.lastExit?.class, 'uncaught');
    patient.child.kill('SIGTERM');
    assert.equal((await patient.ended).code, 0);
    // It outlived its supervisor, which did not wait for it either.
    const left = processesOf(patient.stateFolder);
    assert.equal(left.length, 1);
    for (const each of left) kill(each);
  });
});
