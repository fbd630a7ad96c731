import assert from 'node:assert/strict';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { Agent } from '../agent.ts';
import { createDatabase } from '../postgres.ts';
import { startHoldfast, suiteServers } from './holdfast.ts';

const CALLS = 40;

test('the log file holds the lines of all processes, and is rotated for all', {
  timeout: 60_000,
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-log-'));
  t.after(() => {
    rmSync(folder, { recursive: true });
  });
  const file = join(folder, 'holdfast.log');
  await using database = await createDatabase();
  await using holdfast = startHoldfast({
    env: {
      ...suiteServers(database.url),
      MCP_WORKERS: '2',
      MCP_LOG_FILE: file,
      // All the failures below fit into five files of this size.
      MCP_LOG_FILE_BYTES_MAX: '40000',
      MCP_SUPERVISOR_LOG_CHECK_MS: '50',
    },
  });
  const port = await holdfast.serving;
  const agents = await Promise.all(Array.from({ length: 4 }, () => Agent.connect(port)));
  const pids = new Set(await Promise.all(agents.map((agent) => agent.workerPid())));
  assert.equal(pids.size, 2);
  for (let call = 0; call < CALLS; call++) {
    await Promise.all(agents.slice(0, 2).map((agent) => agent.call('leaks')));
  }
  await t.waitFor(() => {
    assert.ok(globSync(`${file}.*`).length > 0);
  });
  // A line of each worker after the last rotation, so that both are known to write to the new file.
  await Promise.all(agents.map((agent) => agent.call('leaks')));
  for (const agent of agents) await agent[Symbol.asyncDispose]();
  holdfast.child.kill('SIGTERM');
  await holdfast.ended;

  const lines = globSync(`${file}*`)
    .flatMap((path) => readFileSync(path, 'utf8').trimEnd().split('\n'))
    .map((line) => JSON.parse(line) as { message: string; process: string; pid: number });
  const failures = lines.filter(({ message }) => message === 'method failed');
  assert.equal(failures.length, CALLS * 2 + agents.length);
  assert.deepEqual(new Set(failures.map(({ pid }) => pid)), pids);
  assert.ok(lines.some(({ message }) => message === 'serving'));
});
