import assert from 'node:assert/strict';
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { Agent } from '../agent.ts';
import { createDatabase } from '../postgres.ts';
import { type LogLine, startHoldfast, suiteServers } from './holdfast.ts';

const CALLS = 40;

test('the log file holds the lines of all processes, and is rotated for all', {
  timeout: 180_000,
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
    .map((line) => JSON.parse(line) as LogLine);
  const failures = lines.filter(({ message }) => message === 'method failed');
  assert.equal(failures.length, CALLS * 2 + agents.length);
  assert.deepEqual(new Set(failures.map(({ pid }) => pid)), pids);
  assert.ok(lines.some(({ message }) => message === 'serving'));
  // Those of the last moment too: what waits is written before a worker ends.
  const calls = lines.filter(({ message }) => message === 'call');
  assert.deepEqual(
    calls.filter(({ subject }) => subject === 'leaks').map(({ outcome }) => outcome),
    Array.from(failures, () => 'internal'),
  );
  assert.deepEqual(new Set(calls.map(({ pid }) => pid)), pids);
});

test('a secret that came in a file is struck out of what a worker keeps and logs', {
  timeout: 180_000,
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-log-'));
  t.after(() => {
    rmSync(folder, { recursive: true });
  });
  await using database = await createDatabase();
  const secret = join(folder, 'url');
  writeFileSync(secret, database.url);
  const tools = join(folder, 'tools');
  mkdirSync(tools);
  writeFileSync(
    join(tools, 'a.js'),
    `import { readFileSync } from 'node:fs';
    import { defineTool } from 'mcp-holdfast';
    export const a = defineTool({
      name: 'a', description: 'Tries.', run: async () => 'a',
      selfTest: async () => {
        throw new Error('read ' + readFileSync(${JSON.stringify(secret)}, 'utf8'));
      },
    });`,
  );
  const { DATABASE_URL: _given, ...servers } = suiteServers(database.url);
  await using holdfast = startHoldfast({
    env: { ...servers, DATABASE_URL_FILE: secret, MCP_WORKERS: '1', MCP_TOOLS: tools },
  });
  await holdfast.serving;
  await t.waitFor(
    () => {
      const [kept = ''] = globSync(join(holdfast.stateFolder, 'generations/*.proof.json'));
      const proof = readFileSync(kept, 'utf8');
      assert.match(proof, /fails its selfTest: read \[redacted\]"/);
    },
    { timeout: 20_000 },
  );
  await t.waitFor(() => assert.match(holdfast.output(), /fails its selfTest: read \[redacted\]"/));
});
