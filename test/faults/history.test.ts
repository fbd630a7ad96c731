/** What is remembered from one start to the next. Numbers are those of README.md. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, suite, test } from 'node:test';

import { createDatabase } from '../postgres.ts';
import { Patient, type PatientOptions } from './patient.ts';
import { signal } from './processes.ts';
import { cannotMount, TinyDisk } from './tiny-disk.ts';

const timeout = 180_000;
const HELD_BACK = 'exit is held back, for it is one in a loop';

suite('the history of a state folder', () => {
  let database: Awaited<ReturnType<typeof createDatabase>>;
  let stateFolder = '';
  before(async () => {
    database = await createDatabase();
  });
  beforeEach(() => {
    stateFolder = mkdtempSync(join(tmpdir(), 'holdfast-faults-'));
  });
  afterEach(() => {
    rmSync(stateFolder, { recursive: true, force: true });
  });
  after(async () => {
    await database[Symbol.asyncDispose]();
  });
  const start = ({ env, ...rest }: PatientOptions = {}): Patient =>
    new Patient({ ...rest, stateFolder, env: { DATABASE_URL: database.url, ...env } });

  test('lets the third fatal exit for one cause wait, and each further one twice as long (39)', {
    timeout,
  }, async () => {
    const holds: unknown[] = [];
    for (let exits = 1; exits <= 5; exits++) {
      await using patient = start({
        tools: 'missing-package.ts',
        env: { MCP_SUPERVISOR_HOLD_MS: '400' },
      });
      assert.equal((await patient.ended).code, 78);
      const { loop } = patient.fatal();
      assert.equal(loop?.identical, exits);
      holds.push(loop.holdSeconds);
      const [line] = patient.said(HELD_BACK);
      assert.equal(line?.holdMs, loop.holdSeconds === 0 ? undefined : loop.holdSeconds * 1_000);
      assert.match(
        patient.stderr,
        new RegExp(`^ {2}Loop +this is fatal exit ${exits}.*, ${exits} identical`, 'm'),
      );
    }
    assert.deepEqual(holds, [0, 0, 0.4, 0.8, 1.6]);
  });

  test('shows why while the exit is held back, and a signal ends that with the same code (40)', {
    timeout,
  }, async (t) => {
    const options = { tools: 'missing-package.ts', env: { MCP_SUPERVISOR_HOLD_MS: '50000' } };
    for (let exits = 1; exits <= 2; exits++) {
      await using patient = start(options);
      assert.equal((await patient.ended).code, 78);
    }
    await using patient = start(options);
    await patient.hears(t, HELD_BACK);
    const { supervisor } = await patient.state();
    assert.equal(supervisor.state, 'FATAL');
    assert.match(supervisor.stateReason, /left-pad-of-yesterday/);
    assert.equal((await patient.get('/livez')).status, 200);
    assert.equal((await patient.get('/readyz')).status, 503);
    const askedAt = performance.now();
    patient.child.kill('SIGTERM');
    assert.equal((await patient.ended).code, 78);
    assert.ok(performance.now() - askedAt < 3_000);
  });

  for (const [what, spoil] of [
    ['cannot be written', (path: string) => mkdirSync(path)],
    [
      'is corrupt',
      (path: string) => writeFileSync(path, '{"type":"start","at":\n\0\0\0\n{}\n[]\n'),
    ],
  ] as const) {
    test(`that ${what} costs one warning, and nothing else (41)`, { timeout }, async () => {
      spoil(join(stateFolder, 'history.jsonl'));
      await using patient = start();
      const { workers } = await patient.running();
      signal(workers[0]?.pid, 'SIGKILL');
      await patient.until(
        (state) => state.supervisor.state === 'RUNNING' && state.workers[0]?.restarts === 1,
        'RUNNING again',
      );
      patient.child.kill('SIGTERM');
      assert.equal((await patient.ended).code, 0);
      assert.equal(patient.said('history cannot be kept').length, 1);
    });
  }

  test('on a full disk costs one warning, and nothing else (41)', {
    timeout,
    skip: cannotMount(),
  }, async () => {
    await using disk = await TinyDisk.mount(stateFolder);
    await using patient = start({
      env: { NODE_COMPILE_CACHE: join(tmpdir(), 'holdfast-faults-cache') },
    });
    const { workers } = await patient.running();
    disk.fill();
    signal(workers[0]?.pid, 'SIGKILL');
    await patient.until(
      (state) => state.supervisor.state === 'RUNNING' && state.workers[0]?.pid !== workers[0]?.pid,
      'RUNNING again',
    );
    patient.child.kill('SIGTERM');
    assert.equal((await patient.ended).code, 0);
    assert.deepEqual(
      patient.said('history cannot be kept').map(({ doing, code }) => [doing, code]),
      [['write', 'ENOSPC']],
    );
  });
});
