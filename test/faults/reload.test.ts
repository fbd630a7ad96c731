/** Workers that are replaced: all of them, or one, because somebody or something says so. */
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';

import { WebSocket } from 'ws';

import { Agent } from '../agent.ts';
import { createDatabase } from '../postgres.ts';
import { Patient, type PatientOptions } from './patient.ts';

const timeout = 150_000;
/** For two workers, (1 + 1/2)² − 1 moves are to be expected for each: some come to one that is still to go. */
const MOVES_EACH_MAX = 1.3;

suite('workers that are replaced', { concurrency: 1 }, () => {
  let database: Awaited<ReturnType<typeof createDatabase>>;
  before(async () => {
    database = await createDatabase();
  });
  after(async () => {
    await database[Symbol.asyncDispose]();
  });
  const start = ({ env, ...rest }: PatientOptions = {}): Patient =>
    new Patient({ ...rest, env: { DATABASE_URL: database.url, ...env } });

  test('while 10,000 sockets are open refuse none, and all come back (50)', {
    timeout,
  }, async (t) => {
    const AGENTS = 10_000;
    await using patient = start({
      env: {
        // That so many handshakes keep a worker busy is no hang.
        MCP_SUPERVISOR_SILENCE_MS: '20000',
        MCP_DRAIN_MS: '20000',
        // All come from one address, and are counted where the agents of other tests are not.
        MCP_SOCKETS_OF_ONE_MAX: '10000',
        MCP_HANDSHAKES_PER_MIN: '1000000',
        REDIS_URL: new URL('/9', process.env.TEST_REDIS_URL).href,
      },
    });
    await patient.running();
    const port = await patient.port();
    const flock = fork(join(import.meta.dirname, 'flock.ts'), [String(port), String(AGENTS)]);
    t.after(() => flock.kill('SIGKILL'));
    const [connected] = await once(flock, 'message');
    assert.equal(connected, 'connected');
    const ask = async (): Promise<Told> => {
      flock.send('how are you');
      const [told] = await once(flock, 'message');
      return told as Told; // as flock.ts has it
    };
    const before_ = await ask();
    assert.equal(before_.open, AGENTS);
    assert.equal((await patient.post('/supervisor/reload')).status, 202);
    await patient.until(
      ({ generation, capacity }) =>
        generation.reload.lastResult === 'ok' && capacity.draining === 0,
      'a reload',
      120_000,
    );
    const after_ = await t.waitFor(
      async () => {
        const told = await ask();
        assert.equal(told.open, AGENTS, JSON.stringify(told));
        return told;
      },
      { timeout: 20_000, interval: 200 },
    );
    assert.equal(after_.refused, 0);
    assert.deepEqual(Object.keys(after_.codes), ['1012']);
    const moves = after_.connects - AGENTS;
    t.diagnostic(`${moves} moves of ${AGENTS} agents`);
    assert.ok(moves >= AGENTS && moves <= MOVES_EACH_MAX * AGENTS, `${moves} moves`);
  });

  test('let in an agent that has just come, and tell it to come again', { timeout }, async (t) => {
    await using patient = start({ workers: 1 });
    await patient.running();
    const line = connect({ port: await patient.port(), host: '127.0.0.1' });
    line.on('error', () => undefined);
    t.after(() => line.destroy());
    await patient.until(({ workers: [worker] }) => worker?.connections.http === 1, 'a connection');
    assert.equal((await patient.post('/supervisor/reload')).status, 202);
    await patient.hears(t, 'worker drains');
    assert.ok(!line.destroyed, 'it was cut off before it could ask for anything');
    const socket = new WebSocket('ws://localhost/mcp', 'mcp', { createConnection: () => line });
    const [code] = await once(socket, 'close');
    assert.equal(code, 1012);
  });

  test('by a build that is broken are not: the old ones serve on (51)', { timeout }, async () => {
    const broken = join(tmpdir(), `holdfast-broken-${process.pid}`);
    rmSync(broken, { force: true });
    await using patient = start({ tools: 'broken-later.ts', env: { BROKEN_FILE: broken } });
    const { workers } = await patient.running();
    writeFileSync(broken, '');
    assert.equal((await patient.post('/supervisor/reload')).status, 202);
    const state = await patient.until(
      ({ generation }) => generation.reload.lastResult === 'aborted',
      'an aborted reload',
    );
    rmSync(broken);
    assert.deepEqual(
      state.workers.map(({ pid }) => pid),
      workers.map(({ pid }) => pid),
    );
    assert.equal(await patient.metric('mcp_supervisor_reloads_total{result="aborted"}'), 1);
    assert.equal(state.budget.crashScore, 0);
    const [over] = (await patient.events()).filter(({ type }) => type === 'reload_finished');
    assert.match(String(over?.reason), /slot 0: it exited with 1 before it was ready/);
  });

  test('twice at once are replaced once, also while a slot waits (52)', { timeout }, async () => {
    await using patient = start({
      tools: 'dies-in-slot-1.ts',
      env: { MCP_SUPERVISOR_BACKOFF_MS: '20000', MCP_SUPERVISOR_BACKOFF_MAX_MS: '20000' },
    });
    await patient.until(({ workers }) => workers[1]?.state === 'BACKOFF', 'BACKOFF');
    assert.equal((await patient.post('/supervisor/reload')).status, 202);
    assert.equal((await patient.post('/supervisor/reload')).status, 409);
    const { workers } = await patient.until(
      ({ generation }) => generation.reload.lastResult === 'ok',
      'a reload',
    );
    assert.equal(workers[0]?.generation, 2);
    // The one that waited was tried again at once, rather than after its twenty seconds.
    await patient.until(({ workers: [, second] }) => (second?.restarts ?? 0) >= 2, 'another try');
  });

  test('because they leak are replaced before the kernel ends them, and it is no crash (62)', {
    timeout,
  }, async () => {
    await using patient = start({
      tools: 'deadly.ts',
      workers: 1,
      env: {
        MCP_WORKER_MEMORY_BYTES: '314572800',
        MCP_SUPERVISOR_MEMORY_CHECK_MS: '200',
        MCP_SUPERVISOR_RECYCLE_GAP_MS: '1000',
      },
    });
    await patient.running();
    await using agent = await Agent.connect(await patient.port());
    const old = await agent.workerPid();
    for (let n = 0; n < 20; n++) await agent.call('leaks', { mib: 10 }).catch(() => undefined);
    const { budget } = await patient.until(
      ({ workers: [worker] }) => worker?.state === 'READY' && worker.pid !== old,
      'another worker',
    );
    assert.equal(budget.crashScore, 0);
    const events = await patient.events();
    const order = events
      .map(({ type }) => type)
      .filter((type) => /recycled|drain_started/.test(type));
    assert.deepEqual(order.slice(0, 2), ['worker_recycled', 'drain_started']);
    assert.equal(await patient.metric('mcp_supervisor_recycles_total{reason="memory"}'), 1);
  });
});

interface Told {
  readonly open: number;
  readonly connects: number;
  readonly refused: number;
  readonly codes: Readonly<Record<string, number>>;
}
