/** A log that nobody can write, or nobody reads. Numbers are those of README.md. */
import assert from 'node:assert/strict';
import { closeSync, openSync } from 'node:fs';
import { after, before, suite, test } from 'node:test';

import { createDatabase } from '../postgres.ts';
import { Patient } from './patient.ts';
import { signal } from './processes.ts';

const timeout = 180_000;

suite('a log', { concurrency: 2 }, () => {
  let database: Awaited<ReturnType<typeof createDatabase>>;
  before(async () => {
    database = await createDatabase();
  });
  after(async () => {
    await database[Symbol.asyncDispose]();
  });

  test('on a full disk ends nobody, and lost lines are counted (42)', { timeout }, async () => {
    // Every write to this device fails as on a disk without space.
    const full = openSync('/dev/full', 'a');
    await using patient = new Patient({ stdout: full, env: { DATABASE_URL: database.url } });
    closeSync(full);
    await patient.running();
    await goesOnWithout(patient, 'ENOSPC');
  });

  test('whose reader went away ends nobody, and lost lines are counted (43)', {
    timeout,
  }, async () => {
    await using patient = new Patient({ env: { DATABASE_URL: database.url } });
    await patient.running();
    patient.child.stdout?.destroy();
    await goesOnWithout(patient, 'EPIPE');
  });
});

/** A worker that is killed is replaced, which is worth some lines; the other lives on. */
async function goesOnWithout(patient: Patient, code: string): Promise<void> {
  const earlier = await patient.state();
  signal(earlier.workers[0]?.pid, 'SIGKILL');
  const later = await patient.until(
    ({ supervisor, workers }) => supervisor.state === 'RUNNING' && workers[0]?.restarts === 1,
    'RUNNING again',
  );
  assert.equal(later.workers[1]?.pid, earlier.workers[1]?.pid);
  assert.equal(later.workers[1]?.restarts, 0);
  const lost = await patient.metric(`mcp_supervisor_log_write_errors_total{code="${code}"}`);
  assert.ok(lost !== undefined && lost > 0, `${lost} lines lost`);
  patient.child.kill('SIGTERM');
  assert.equal((await patient.ended).code, 0);
}
