/** Memory, processes and files that run out. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { after, before, suite, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { Agent } from '../agent.ts';
import { createDatabase } from '../postgres.ts';
import { Patient, type PatientOptions } from './patient.ts';
import { childrenOf, signal } from './processes.ts';

const timeout = 180_000;
const MIB = 1_048_576;

suite('what runs out', { concurrency: 2 }, () => {
  let database: Awaited<ReturnType<typeof createDatabase>>;
  before(async () => {
    database = await createDatabase();
  });
  after(async () => {
    await database[Symbol.asyncDispose]();
  });
  const start = ({ env, ...rest }: PatientOptions = {}): Patient =>
    new Patient({ ...rest, env: { DATABASE_URL: database.url, ...env } });

  test('as files do for a fork is waited out, and then ends it with 75 (35)', {
    timeout,
  }, async (t) => {
    if (!has(t, 'prlimit')) return;
    await using patient = start();
    const { workers } = await patient.running();
    const open = readdirSync(`/proc/${patient.child.pid}/fd`).length;
    // Less than it has, even when its workers are gone: there is none to be had for a channel to a new one.
    limit(patient, 'nofile', open - 15);
    for (const { pid } of workers) signal(pid, 'SIGKILL');
    const { code } = await patient.ended;
    assert.equal(code, 75);
    assert.equal(patient.fatal().class, 'resource');
    assert.match(patient.fatal().cause, /no process could be made \(EMFILE\)/);
  });

  test('as files do for who connects ends nobody (36)', { timeout }, async (t) => {
    if (!has(t, 'prlimit')) return;
    await using patient = start();
    const { workers } = await patient.running();
    const port = await patient.port();
    limit(patient, 'nofile', 60);
    const sockets: Socket[] = [];
    t.after(() => {
      for (const socket of sockets) socket.destroy();
    });
    for (const { pid } of workers) signal(pid, 'SIGSTOP');
    for (let n = 0; n < 200; n++) {
      const socket = connect({ port, host: '127.0.0.1' });
      socket.on('error', () => undefined);
      sockets.push(socket);
    }
    await sleep(1_000);
    for (const { pid } of workers) signal(pid, 'SIGCONT');
    for (const socket of sockets) socket.destroy();
    limit(patient, 'nofile', 10_000);
    await patient.running();
    await using agent = await Agent.connect(port);
    assert.equal(typeof (await agent.workerPid()), 'number');
    assert.equal(patient.child.exitCode, null);
  });

  test('as memory of the cgroup does ends it with 75 when it does so again and again (28)', {
    timeout,
  }, async (t) => {
    const group = makeGroup(t, 'memory');
    if (group === undefined) return;
    writeFileSync(join(group, 'memory.limit_in_bytes'), String(700 * MIB));
    await using patient = start({
      tools: 'deadly.ts',
      workers: 1,
      wrapper: ['sh', '-c', `echo $$ > ${group}/cgroup.procs && exec "$@"`, 'sh'],
      env: { MCP_WORKER_MEMORY_BYTES: String(4_096 * MIB), MCP_BREADCRUMBS: 'off' },
    });
    for (let death = 1; death <= 7; death++) {
      await patient.until(
        ({ supervisor, workers: [worker] }) =>
          supervisor.state === 'RUNNING' && worker?.restarts === death - 1,
        `RUNNING after ${death - 1} deaths`,
      );
      await using agent = await Agent.connect(await patient.port());
      await assert.rejects(agent.call('leaks', { mib: 2_000 }));
    }
    assert.equal((await patient.ended).code, 75);
    const { class: crashClass, evidence, remedy } = patient.fatal();
    assert.equal(crashClass, 'oom_cgroup');
    assert.equal(evidence.cgroupLimitBytes, 700 * MIB);
    assert.match(remedy, /memory limit/);
  });

  test('as processes of the cgroup do leaves no slot stuck (37)', { timeout }, async (t) => {
    const group = makeGroup(t, 'pids');
    if (group === undefined) return;
    await using patient = start({
      wrapper: ['sh', '-c', `echo $$ > ${group}/cgroup.procs && exec "$@"`, 'sh'],
      env: { MCP_SUPERVISOR_BOOT_MS: '5000' },
    });
    const { workers } = await patient.running();
    const used = Number(readFileSync(join(group, 'pids.current'), 'utf8'));
    writeFileSync(join(group, 'pids.max'), String(used - 2));
    signal(workers[1]?.pid, 'SIGKILL');
    const state = await patient.until(
      ({ workers: [, second] }) => (second?.consecutiveFailures ?? 0) >= 3,
      'failures',
    );
    assert.equal(state.supervisor.state, 'DEGRADED');
    assert.match(state.workers[1]?.lastExit?.class ?? '', /^(resource|ready_timeout|killed)$/);
    writeFileSync(join(group, 'pids.max'), 'max');
    await patient.running();
  });

  test('because a worker forks itself is bounded by its end (38)', { timeout }, async () => {
    await using patient = start({ tools: 'forks-itself.ts' });
    let most = 0;
    const counting = setInterval(() => {
      most = Math.max(most, childrenOf(patient.child.pid ?? 0).length);
    }, 20);
    assert.equal((await patient.ended).code, 70);
    clearInterval(counting);
    assert.equal(patient.starts, 5);
    assert.ok(most <= 2, `${most} children at once`);
    // What it started is not ours to end; it ends by itself.
    await sleep(2_500);
  });

  test('as our memory would, if we kept all that a worker prints, does not (54)', {
    timeout,
  }, async (t) => {
    await using patient = start({ tools: 'deadly.ts', workers: 1 });
    await patient.running();
    const before_ = rssOf(patient);
    await using agent = await Agent.connect(await patient.port());
    const { error } = await agent.call('floods_stderr', { mib: 200 });
    assert.equal(error, undefined);
    const { workers } = await patient.state();
    assert.equal(workers[0]?.state, 'READY');
    assert.equal(workers[0]?.restarts, 0);
    assert.ok(rssOf(patient) - before_ < 100 * MIB, `${(rssOf(patient) - before_) / MIB} MiB more`);
    await t.waitFor(
      () => {
        assert.ok(patient.stderr.includes('(more is printed than is passed on)'));
      },
      { timeout: 5_000 },
    );
  });
});

function has(t: TestContext, program: string): boolean {
  const found = spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
  if (!found) t.skip(`there is no ${program}`);
  return found;
}

function limit(patient: Patient, what: string, to: number): void {
  const { status, stderr } = spawnSync('prlimit', [
    '--pid',
    String(patient.child.pid),
    `--${what}=${to}:10000`,
  ]);
  assert.equal(status, 0, stderr.toString());
}

/** A control group of the test's own. Only root can have one, and this is of version 1. */
function makeGroup(t: TestContext, controller: string): string | undefined {
  const parent = `/sys/fs/cgroup/${controller}`;
  const group = join(parent, `holdfast-test-${process.pid}`);
  if (process.getuid?.() !== 0 || !existsSync(join(parent, 'cgroup.procs'))) {
    t.skip(`only root can make a control group for ${controller}, and of version 1`);
    return undefined;
  }
  try {
    mkdirSync(group);
  } catch (error) {
    t.skip(`no control group can be made here: ${String(error)}`);
    return undefined;
  }
  t.after(async () => {
    await t.waitFor(
      () => {
        rmdirSync(group);
      },
      { timeout: 5_000 },
    );
  });
  return group;
}

function rssOf(patient: Patient): number {
  const status = readFileSync(`/proc/${patient.child.pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) * 1_024;
}
