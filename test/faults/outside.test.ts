/** What comes from outside: clocks, the machine, systemd. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { createDatabase } from '../postgres.ts';
import { Patient, type PatientOptions } from './patient.ts';
import { signal } from './processes.ts';

const timeout = 180_000;
const DEATHS = 10;

suite('from outside', { concurrency: 2 }, () => {
  let database: Awaited<ReturnType<typeof createDatabase>>;
  before(async () => {
    database = await createDatabase();
  });
  after(async () => {
    await database[Symbol.asyncDispose]();
  });
  const start = ({ env, ...rest }: PatientOptions = {}): Patient =>
    new Patient({ ...rest, env: { DATABASE_URL: database.url, ...env } });

  test('a kill of everything at once is told of by the next start (29)', { timeout }, async () => {
    const stateFolder = mkdtempSync(join(tmpdir(), 'holdfast-faults-'));
    {
      await using patient = start({ stateFolder });
      const { workers } = await patient.running();
      patient.murder();
      for (const { pid } of workers) signal(pid, 'SIGKILL');
      await patient.ended;
    }
    {
      await using patient = start({ stateFolder });
      const { history } = await patient.running();
      assert.equal(history.previousRun?.how, 'without-report');
      assert.equal(
        patient.said('previous run ended without a report: it was killed, or the machine went down')
          .length,
        1,
      );
    }
    rmSync(stateFolder, { recursive: true, force: true });
  });

  test('a clock that jumps kills nobody, and forgets nothing (44)', { timeout }, async (t) => {
    const library = '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1';
    if (!existsSync(library)) {
      t.skip('there is no libfaketime (Debian: faketime)');
      return;
    }
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-clock-'));
    t.after(() => {
      rmSync(folder, { recursive: true, force: true });
    });
    const clock = join(folder, 'clock');
    writeFileSync(clock, '+0');
    await using patient = start({
      env: {
        LD_PRELOAD: library,
        FAKETIME_TIMESTAMP_FILE: clock,
        FAKETIME_NO_CACHE: '1',
        FAKETIME_DONT_FAKE_MONOTONIC: '1',
        DONT_FAKE_MONOTONIC: '1',
      },
    });
    const { workers } = await patient.running();
    for (const jump of ['+1h', '-1h', '+0']) {
      writeFileSync(clock, jump);
      await sleep(5_000);
      const state = await patient.state();
      assert.equal(state.supervisor.state, 'RUNNING', jump);
      assert.deepEqual(
        state.workers.map(({ pid, restarts }) => [pid, restarts]),
        workers.map(({ pid }) => [pid, 0]),
      );
    }
    assert.ok(!(await patient.events()).some(({ type }) => type === 'supervisor_paused'));
  });

  test('a death just as a reload begins never ends the supervisor', { timeout }, async () => {
    await using patient = start({
      env: {
        MCP_SUPERVISOR_HALF_LIFE_MS: '1',
        MCP_SUPERVISOR_BACKOFF_MS: '10',
        MCP_SUPERVISOR_STABLE_MS: '1',
      },
    });
    await patient.running();
    for (let death = 0; death < DEATHS; death++) {
      await patient.running();
      const [victim] = patient.workerPids();
      const reload = patient.post('/supervisor/reload');
      signal(victim, 'SIGKILL');
      await reload;
      await patient.until(
        ({ workers }) => workers.every(({ pid }) => pid !== victim),
        'notice of the death',
      );
    }
    await patient.running();
    assert.equal(patient.child.exitCode, null);
  });

  test('systemd hears that we are ready once a worker is, and that we live for as long as we do (63)', {
    timeout,
  }, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-systemd-'));
    t.after(() => {
      rmSync(folder, { recursive: true, force: true });
    });
    const heard = join(folder, 'heard');
    const helper = join(folder, 'systemd-notify');
    writeFileSync(helper, `#!/bin/sh\necho "$(date +%s%3N) $*" >>${heard}\n`);
    chmodSync(helper, 0o755);
    await using patient = start({
      env: {
        PATH: `${folder}:${process.env.PATH}`,
        NOTIFY_SOCKET: join(folder, 'socket'),
        WATCHDOG_USEC: '2000000',
      },
    });
    await patient.running();
    const lines = (): string[] => readFileSync(heard, 'utf8').split('\n').filter(Boolean);
    const ready = await t.waitFor(
      () => {
        const line = lines().find((each) => each.includes('READY=1'));
        assert.ok(line !== undefined);
        return Number(line.split(' ')[0]);
      },
      { timeout: 10_000 },
    );
    const [first] = patient.said('worker is ready');
    assert.ok(ready >= Date.parse(String(first?.timestamp)) - 5, 'not before a worker is');
    const beats = (): number => lines().filter((line) => line.includes('WATCHDOG=1')).length;
    await t.waitFor(() => assert.ok(beats() >= 2), { timeout: 10_000 });
    patient.child.kill('SIGSTOP');
    await sleep(500);
    const before_ = beats();
    await sleep(3_000);
    assert.equal(beats(), before_);
    patient.child.kill('SIGCONT');
    await t.waitFor(() => assert.ok(beats() > before_), { timeout: 10_000 });
  });

  test('node:cluster keeps what it does to connections on each Node we claim (23)', {
    timeout: 180_000,
  }, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-node-'));
    t.after(() => {
      rmSync(folder, { recursive: true, force: true });
    });
    writeFileSync(join(folder, 'package.json'), '{"private":true}');
    const { status } = spawnSync('npm', ['install', '--no-audit', '--no-fund', 'node@24'], {
      cwd: folder,
    });
    const node = join(folder, 'node_modules/node/bin/node');
    if (status !== 0 || !existsSync(node)) {
      t.skip('Node 24 cannot be installed here');
      return;
    }
    for (const program of [node, process.execPath]) {
      const {
        stdout,
        stderr,
        status: code,
      } = spawnSync(program, [join(import.meta.dirname, 'leak.ts')], {
        encoding: 'utf8',
        timeout: 60_000,
      });
      t.diagnostic(stdout.trim());
      assert.equal(code, 0, `${stdout}\n${stderr}`);
    }
  });
});
