/** What operators see, and what they must not. */
import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';

import { Agent } from '../agent.ts';
import { createDatabase } from '../postgres.ts';
import { Patient, type PatientOptions } from './patient.ts';

const timeout = 180_000;
const SECRET = 'hunter2-hunter2';

suite('operators', { concurrency: 2 }, () => {
  let database: Awaited<ReturnType<typeof createDatabase>>;
  before(async () => {
    database = await createDatabase();
  });
  after(async () => {
    await database[Symbol.asyncDispose]();
  });
  const start = ({ env, ...rest }: PatientOptions = {}): Patient =>
    new Patient({ tools: 'deadly.ts', ...rest, env: { DATABASE_URL: database.url, ...env } });

  test('do not read a secret that stands in a stack trace, wherever they look (55)', {
    timeout,
  }, async () => {
    const termination = join(tmpdir(), `holdfast-termination-${process.pid}`);
    await using patient = start({
      workers: 1,
      env: {
        APP_PASSWORD: SECRET,
        MCP_TERMINATION_LOG: termination,
        MCP_SUPERVISOR_HALF_LIFE_MS: '3600000',
      },
    });
    const port = await patient.port();
    // With one worker, the seventh death within the half-life is one too many.
    for (let death = 1; death <= 7; death++) {
      const { workers } = await patient.until(
        ({ supervisor, workers: [worker] }) =>
          supervisor.state === 'RUNNING' && worker?.restarts === death - 1,
        `RUNNING after ${death - 1} deaths`,
      );
      assert.doesNotMatch(JSON.stringify(workers), new RegExp(SECRET));
      await using agent = await Agent.connect(port);
      await assert.rejects(agent.call('exits', { how: 'throw', mark: `mark ${death}` }));
    }
    assert.equal((await patient.ended).code, 70);
    const { class: crashClass, cause } = patient.fatal();
    assert.equal(crashClass, 'uncaught');
    assert.match(cause, /a bug with a secret: \[redacted\]/);
    assert.doesNotMatch(patient.output, new RegExp(SECRET));
    const short = readFileSync(termination, 'utf8');
    assert.match(short, /^FATAL \[uncaught\] exit 70 SOFTWARE: /);
    assert.doesNotMatch(short, new RegExp(SECRET));
    assert.ok(statSync(termination).size <= 4_000);
  });

  test('are refused with a foreign page, name or token (57)', { timeout }, async () => {
    await using patient = start();
    await patient.running();
    const port = await patient.adminPort();
    const ask = (method: string, path: string, headers: Readonly<Record<string, string>>) =>
      new Promise<number>((resolve, reject) => {
        const asked = request({ port, host: '127.0.0.1', method, path, headers }, (answer) => {
          answer.resume();
          resolve(answer.statusCode ?? 0);
        });
        asked.once('error', reject);
        asked.end();
      });
    assert.equal(await ask('GET', '/supervisor/state', { origin: 'https://evil.example' }), 403);
    assert.equal(await ask('GET', '/supervisor/state', { host: 'evil.example' }), 421);
    assert.equal(await ask('POST', '/supervisor/reload', { authorization: 'Bearer wrong' }), 401);
    assert.equal(await ask('POST', '/supervisor/reload', {}), 401);
    assert.equal(await ask('GET', '/supervisor/state', {}), 200);
  });

  test('see every call that was made counted, even by workers that are gone', {
    timeout,
  }, async (t) => {
    await using patient = start({ workers: 1 });
    await patient.running();
    const port = await patient.port();
    const total = 'mcp_tool_calls_total{gen_ai_tool_name="waits",outcome="ok"}';
    for (let round = 1; round <= 2; round++) {
      await using agent = await Agent.connect(port);
      for (let n = 0; n < 5; n++) await agent.call('waits', { ms: 1 });
      assert.equal((await patient.post('/supervisor/workers/0/recycle')).status, 202);
      await patient.until(
        ({ workers }) => workers[0]?.incarnation === round + 1 && workers[0].state === 'READY',
        'a new worker',
      );
      // Its predecessor counts until it is gone.
      await t.waitFor(
        async () => {
          const events = await patient.events();
          assert.equal(events.filter(({ type }) => type === 'drain_finished').length, round);
        },
        { timeout: 10_000 },
      );
      assert.equal(await patient.metric(total), round * 5);
    }
  });
});
