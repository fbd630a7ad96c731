/** What becomes of tools that run in the worker itself and do what they should not: classified, and quarantined. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, suite, test } from 'node:test';

import { Agent } from '../agent.ts';
import { Patient } from '../faults/patient.ts';
import { createDatabase } from '../postgres.ts';
import { callNastily, endOf } from './nasty-calls.ts';

const timeout = 90_000;
/** As many as the most doubtful crash takes. */
const DEATHS_MAX = 3;
const HANG_MS = 6_000;
/** A machine that is busy with other things, or collects garbage until there is no more, is no worker that hangs. */
const PATIENCE_MS = 25_000;
/** Small enough that it is full soon. */
const WORKER_MIB = 256;

suite('an inline tool', () => {
  let database: Awaited<ReturnType<typeof createDatabase>>;
  before(async () => {
    database = await createDatabase();
  });
  after(async () => {
    await database[Symbol.asyncDispose]();
  });
  const start = (silenceMs: number): Patient =>
    new Patient({
      tools: '../../tools/fixtures',
      workers: 1,
      env: {
        DATABASE_URL: database.url,
        MCP_BREADCRUMBS: 'always',
        MCP_SUPERVISOR_SILENCE_MS: String(silenceMs),
        MCP_STARTUP_DEADLINE_MS: '20000',
        MCP_WORKER_MEMORY_BYTES: String(WORKER_MIB * 1_048_576),
      },
    });

  for (const [tool, crash] of [
    ['spins', 'hang'],
    ['fills_heap', 'oom_heap'],
    ['exits', 'uncaught'],
    ['throws_late', 'uncaught'],
  ] as const) {
    test(`that ends its worker (${tool}) is told from others, and refused after a few deaths`, {
      timeout,
    }, async () => {
      await using patient = start(crash === 'hang' ? HANG_MS : PATIENCE_MS);
      const crashes = await callUntilRefused(patient, tool);
      assert.equal(crashes[0], crash);
      // The last is put down to the call.
      assert.equal(crashes.at(-1), 'poison');
      await using agent = await Agent.connect(await patient.port());
      assert.equal(endOf(await agent.call(tool)), 'quarantined');
      assert.equal(endOf(await agent.call('cheap')), 'ok');
      const { quarantine } = await patient.state();
      assert.deepEqual(
        quarantine.map((each) => [each.tool, each.state]),
        [[tool, 'refused']],
      );
    });
  }

  test('that is merely a nuisance ends no worker', { timeout }, async (t) => {
    await using patient = start(PATIENCE_MS);
    await patient.running();
    const port = await patient.port();
    const pids = patient.workerPids();
    for (const [tool, end] of [
      ['never_settles', 'timeout'],
      ['ignores_abort', 'timeout'],
      ['answers_too_much', 'tool_error'],
      ['computes', 'ok'],
      ['floods_progress', 'ok'],
      ['pollutes', 'ok'],
    ] as const) {
      await t.test(tool, async () => {
        assert.deepEqual(await callNastily(port, { tool, agents: 1, forMs: 0 }), [end]);
        await using agent = await Agent.connect(port);
        assert.equal(endOf(await agent.call('cheap')), 'ok');
        assert.deepEqual(patient.workerPids(), pids);
      });
    }
  });
});

/** Calls a tool whenever its worker serves, until its call is refused. Resolves with what the crashes are called. */
async function callUntilRefused(patient: Patient, tool: string): Promise<readonly unknown[]> {
  const crashes: unknown[] = [];
  for (;;) {
    await patient.running();
    await using agent = await Agent.connect(await patient.port());
    const closed = once(agent.socket, 'close').then(() => 'closed');
    const end = await agent.call(tool).then(endOf, () => 'closed');
    if (end === 'quarantined') return crashes;
    // One that throws late has answered.
    await closed;
    const deaths = crashes.length + 1;
    assert.ok(deaths <= DEATHS_MAX, crashes.join(' '));
    const { workers } = await patient.until(
      ({ workers: [worker] }) => (worker?.restarts ?? 0) >= deaths,
      `death ${deaths}`,
    );
    crashes.push(workers[0]?.lastExit?.class);
  }
}
