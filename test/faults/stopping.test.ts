/** Ends that are asked for, and ends of the supervisor itself. Numbers are those of README.md. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { Agent } from '../agent.ts';
import { createDatabase } from '../postgres.ts';
import { processesOf } from '../process/holdfast.ts';
import { Patient, type PatientOptions } from './patient.ts';
import { signal } from './processes.ts';

const timeout = 180_000;
const AT_ONCE_MS = 1_000;
/** Two signals nearer to each other are taken for one. */
const NO_ECHO_MS = 600;

suite('an end', { concurrency: 2 }, () => {
  let database: Awaited<ReturnType<typeof createDatabase>>;
  before(async () => {
    database = await createDatabase();
  });
  after(async () => {
    await database[Symbol.asyncDispose]();
  });
  const start = ({ env, ...rest }: PatientOptions = {}): Patient =>
    new Patient({ ...rest, env: { DATABASE_URL: database.url, ...env } });

  test('asked for while a restart waits comes at once (31)', { timeout }, async () => {
    await using patient = start({
      tools: 'dies-at-import.ts',
      env: { MCP_SUPERVISOR_BACKOFF_MS: '60000', MCP_SUPERVISOR_BACKOFF_MAX_MS: '60000' },
    });
    await patient.until(({ workers }) => workers[0]?.state === 'BACKOFF', 'BACKOFF');
    const tookMs = await endOf(patient, 'SIGTERM');
    assert.ok(tookMs < AT_ONCE_MS, `it took ${tookMs} ms`);
    assert.equal(patient.starts, 1);
  });

  test('asked for while the first worker boots leaves nobody behind (32)', {
    timeout,
  }, async () => {
    await using patient = start({ tools: 'never-loads.ts' });
    await patient.until(({ workers }) => workers[0]?.state === 'BOOTING', 'BOOTING');
    await endOf(patient, 'SIGTERM');
    assert.equal(patient.starts, 1);
  });

  test('is forced on a worker that does not heed it in time (33)', { timeout }, async () => {
    await using patient = start({
      tools: 'deadly.ts',
      workers: 1,
      env: { MCP_SUPERVISOR_SILENCE_MS: '60000', MCP_DRAIN_MS: '300' },
    });
    await patient.running();
    await using agent = await Agent.connect(await patient.port());
    const failed = assert.rejects(agent.call('blocks', { ms: 60_000 }));
    await patient.until(({ workers }) => workers[0]?.state === 'SUSPECT', 'SUSPECT');
    await endOf(patient, 'SIGTERM');
    const drained = patient.said('worker has drained');
    assert.deepEqual(
      drained.map(({ forced }) => forced),
      [true],
    );
    await failed;
  });

  test('asked for a second time waits for no call (34)', { timeout }, async (t) => {
    await using patient = start({ workers: 1, env: { MCP_DRAIN_MS: '50000' } });
    await patient.running();
    await using agent = await Agent.connect(await patient.port());
    const failed = assert.rejects(agent.call('waits', { ms: 50_000 }));
    await agent.workerPid();
    patient.child.kill('SIGINT');
    await patient.hears(t, 'worker is told to drain');
    await sleep(NO_ECHO_MS);
    assert.equal(patient.child.exitCode, null);
    const tookMs = await endOf(patient, 'SIGINT');
    assert.ok(tookMs < AT_ONCE_MS, `it took ${tookMs} ms`);
    await failed;
  });

  test('by SIGKILL of the supervisor is the end of its workers (46)', { timeout }, async (t) => {
    await using patient = start();
    await patient.running();
    assert.equal(processesOf(patient.stateFolder).length, 3);
    patient.murder();
    await t.waitFor(() => assert.deepEqual(processesOf(patient.stateFolder), []), {
      interval: 10,
      timeout: 3 * AT_ONCE_MS,
    });
  });

  test('by SIGKILL leaves a worker that hangs, which the next start ends (47)', {
    timeout,
  }, async (t) => {
    const stateFolder = mkdtempSync(join(tmpdir(), 'holdfast-faults-'));
    const removed = new DisposableStack();
    removed.defer(() => {
      rmSync(stateFolder, { recursive: true, force: true });
    });
    using _ = removed;
    const options: PatientOptions = {
      tools: 'deadly.ts',
      stateFolder,
      env: { MCP_PORT: String(await freePort()), MCP_SUPERVISOR_SILENCE_MS: '60000' },
    };
    await using murdered = start(options);
    await murdered.running();
    await using agent = await Agent.connect(await murdered.port());
    const hung = await agent.workerPid();
    const failed = assert.rejects(agent.call('blocks', { ms: 60_000 }));
    await murdered.until(
      ({ workers }) => workers.some(({ state }) => state === 'SUSPECT'),
      'SUSPECT',
    );
    murdered.murder();
    await t.waitFor(() => assert.deepEqual(processesOf(stateFolder), [hung]), { timeout: 5_000 });
    await using next = start(options);
    const { history } = await next.running();
    assert.equal(history.previousRun?.how, 'without-report');
    assert.deepEqual(
      next.said('worker of an earlier run hangs on, and is killed').map((line) => line.workerPid),
      [hung],
    );
    assert.ok(!processesOf(stateFolder).includes(hung));
    assert.equal(await next.port(), await murdered.port());
    await using another = await Agent.connect(await next.port());
    assert.notEqual(await another.workerPid(), hung);
    await failed;
  });

  test('by a bug of the supervisor is reported as such, and takes the workers along (48)', {
    timeout,
  }, async () => {
    const preload = join(import.meta.dirname, 'throws-in-supervisor.ts');
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-faults-'));
    const broken = join(folder, 'broken');
    await using patient = start({
      env: { NODE_OPTIONS: `--import=${preload}`, BROKEN_FILE: broken },
    });
    const { workers } = await patient.running();
    // One that hangs would not hear that its supervisor is gone.
    signal(workers[0]?.pid, 'SIGSTOP');
    writeFileSync(broken, '');
    assert.equal((await patient.ended).code, 70);
    rmSync(folder, { recursive: true });
    const { class: crashClass, cause, evidence } = patient.fatal();
    assert.equal(crashClass, 'supervisor_bug');
    assert.match(cause, /a bug of our own/);
    assert.match(evidence.supervisorStack.join('\n'), /throws-in-supervisor/);
  });

  test('asked for by Ctrl-C, which workers hear too, lets calls finish (59)', {
    timeout,
  }, async (t) => {
    await using patient = start({ detached: true, env: { MCP_DRAIN_MS: '20000' } });
    await patient.running();
    await using agent = await Agent.connect(await patient.port());
    const answer = agent.call('waits', { ms: 1_500 });
    await agent.workerPid();
    const { pid } = patient.child;
    assert.ok(pid !== undefined);
    process.kill(-pid, 'SIGINT');
    await patient.hears(t, 'worker is told to drain');
    const { result } = await answer;
    assert.equal(result?.content?.[0]?.text, 'waited 1500 ms');
    assert.equal((await patient.ended).code, 0);
    assert.deepEqual(patient.said('worker died'), []);
    assert.equal(patient.said('worker has drained').length, 2);
  });
});

/** Ends it as asked, and says how long that took. */
async function endOf(patient: Patient, asked: 'SIGTERM' | 'SIGINT'): Promise<number> {
  const askedAt = performance.now();
  patient.child.kill(asked);
  assert.equal((await patient.ended).code, 0);
  return performance.now() - askedAt;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  server.close();
  await once(server, 'close');
  return address.port;
}
