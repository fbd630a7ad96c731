/** Orders that come at a bad moment. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';

import { Agent } from '../agent.ts';
import { createDatabase } from '../postgres.ts';
import { INHERITED } from '../support/inherited.ts';
import { Patient, type PatientOptions } from './patient.ts';
import { signal } from './processes.ts';

const timeout = 180_000;
const BIN = join(import.meta.dirname, '../../bin/holdfast.js');

suite('an order', { concurrency: 2 }, () => {
  let database: Awaited<ReturnType<typeof createDatabase>>;
  before(async () => {
    database = await createDatabase();
  });
  after(async () => {
    await database[Symbol.asyncDispose]();
  });
  const start = ({ env, ...rest }: PatientOptions = {}): Patient =>
    new Patient({ ...rest, env: { DATABASE_URL: database.url, ...env } });

  test('to start a second one, misspelled, leaves the first alone', { timeout }, async () => {
    await using patient = start();
    const { workers } = await patient.running();
    for (const [args, env] of [
      [['start', 'now'], {}],
      [['start'], { MCP_PORT: 'high' }],
    ] as const) {
      const second = spawn(process.execPath, [BIN, ...args], {
        env: { ...INHERITED, MCP_STATE_DIR: patient.stateFolder, ...env },
        stdio: 'ignore',
      });
      const [code] = await once(second, 'exit');
      assert.ok(code === 64 || code === 78, `${code}`);
    }
    const after_ = await patient.state();
    assert.deepEqual(
      after_.workers.map(({ pid }) => pid),
      workers.map(({ pid }) => pid),
    );
    assert.equal((await patient.get('/supervisor/fatal')).status, 404);
  });

  test('to stop while the port is still taken is heeded, and no fault', { timeout }, async (t) => {
    const squatter = createServer().listen(0, '127.0.0.1');
    await once(squatter, 'listening');
    const address = squatter.address();
    assert.ok(address !== null && typeof address === 'object');
    await using patient = start({
      env: { MCP_PORT: String(address.port), MCP_SUPERVISOR_BACKOFF_MS: '5000' },
    });
    await patient.hears(t, 'port is taken, and tried again');
    patient.child.kill('SIGTERM');
    assert.equal((await patient.ended).code, 0);
    squatter.close();
  });

  test('to serve with fewer, and at once with more again, ends with more', {
    timeout,
  }, async () => {
    await using patient = start();
    await patient.running();
    await using agent = await Agent.connect(await patient.port());
    await using other = await Agent.connect(await patient.port());
    // So that whoever is to go takes its time.
    const running = [agent, other].map((each) => each.call('waits', { ms: 1_000 }));
    assert.equal((await patient.post('/supervisor/scale', { workers: 1 })).status, 202);
    assert.equal((await patient.post('/supervisor/scale', { workers: 2 })).status, 202);
    await Promise.allSettled(running);
    const { workers } = await patient.until(
      (state) => state.supervisor.state === 'RUNNING' && state.capacity.draining === 0,
      'RUNNING with two',
    );
    assert.deepEqual(
      workers.map(({ slot, state }) => [slot, state]),
      [
        [0, 'READY'],
        [1, 'READY'],
      ],
    );
  });

  test('to replace a worker that does not serve yet is refused', { timeout }, async () => {
    const away = 'postgresql://127.0.0.1:1/away';
    await using patient = start({ env: { DATABASE_URL: away, MCP_STARTUP_DEADLINE_MS: '20000' } });
    await patient.until(({ workers }) => workers[0]?.state === 'WAITING_DEP', 'WAITING_DEP');
    assert.equal((await patient.post('/supervisor/workers/0/recycle')).status, 409);
    assert.equal((await patient.post('/supervisor/reload')).status, 409);
    assert.equal(patient.workerPids().length, 1);
  });

  test('to replace a worker whose successor dies leaves the slot served', { timeout }, async () => {
    await using patient = start({ workers: 1, env: { MCP_DRAIN_MS: '15000' } });
    await patient.running();
    const port = await patient.port();
    await using agent = await Agent.connect(port);
    const old = await agent.workerPid();
    // It has something to finish, and so takes its time to go.
    const running = agent.call('waits', { ms: 8_000 });
    assert.equal((await patient.post('/supervisor/workers/0/recycle')).status, 202);
    const { workers } = await patient.until(
      ({ workers: [worker] }) => worker?.state === 'READY' && worker.pid !== old,
      'a successor',
    );
    signal(workers[0]?.pid, 'SIGKILL');
    const next = await patient.until(
      ({ workers: [worker] }) => worker?.state === 'READY' && worker.incarnation === 3,
      'the next one',
      6_000,
    );
    assert.equal(next.workers[0]?.restarts, 1);
    assert.equal((await running).error, undefined);
  });
});
