/** Workers that die while something is on its way to them. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { get } from 'node:http';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';

import { createDatabase } from '../postgres.ts';
import { Patient } from './patient.ts';
import { isWorker, signal } from './processes.ts';

const timeout = 180_000;
const TELLS = 2_000;

suite('to a worker that dies', { concurrency: 2 }, () => {
  let database: Awaited<ReturnType<typeof createDatabase>>;
  before(async () => {
    database = await createDatabase();
  });
  after(async () => {
    await database[Symbol.asyncDispose]();
  });

  test('two thousand messages may be sent, and none of them ends the sender (49)', {
    timeout,
  }, () => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [join(import.meta.dirname, 'tells-the-dead.ts')],
      { encoding: 'utf8', timeout },
    );
    assert.equal(status, 0, stderr);
    assert.equal(stdout, `{"EPIPE":${TELLS}}\n`);
  });

  test('connections may be sent before we know of its death, and nobody waits in vain (49)', {
    timeout,
  }, async (t) => {
    const ROUNDS = 5;
    const AGENTS = 20;
    await using patient = new Patient({
      // That it is killed time and again is not what is tried here.
      env: { DATABASE_URL: database.url, MCP_SUPERVISOR_HALF_LIFE_MS: '1' },
    });
    const port = await patient.port();
    for (let round = 1; round <= ROUNDS; round++) {
      await patient.running();
      const [victim] = patient.workerPids();
      patient.child.kill('SIGSTOP');
      signal(victim, 'SIGKILL');
      await t.waitFor(() => assert.ok(victim !== undefined && !isWorker(victim)), { interval: 10 });
      const outcomes = Promise.all(Array.from({ length: AGENTS }, () => outcomeOf(port)));
      // The kernel takes the connections meanwhile: once it goes on, it finds them and the death at once.
      patient.child.kill('SIGCONT');
      const served = (await outcomes).filter((outcome) => outcome === 'served').length;
      assert.ok(served >= AGENTS - 1, `${served} of ${AGENTS} in round ${round}`);
    }
    const { budget } = await patient.running();
    assert.ok(budget.crashScore < 1);
    t.diagnostic(`${patient.said('channel to a worker failed').length} channels failed`);
  });
});

/** What comes of asking on a new connection. Waiting in vain is no outcome: the test's time is over then. */
function outcomeOf(port: number): Promise<'served' | 'closed'> {
  return new Promise((resolve) => {
    const asked = get({ port, host: '127.0.0.1', path: '/livez', agent: false }, (answer) => {
      answer.resume();
      answer.once('close', () => {
        resolve(answer.statusCode === 200 ? 'served' : 'closed');
      });
    });
    asked.once('error', () => {
      resolve('closed');
    });
  });
}
