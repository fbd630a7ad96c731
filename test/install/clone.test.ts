/** The README's two commands in a fresh clone, as a new user gives them. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync, readlinkSync, rmSync } from 'node:fs';
import { suite, test } from 'node:test';

import { Agent } from '../agent.ts';
import { collect, Installation, NOBODY, untilServing } from './installation.ts';

const FIRST_START_MS_MAX = 60_000;
const NEXT_START_MS_MAX = 8_000;
const STOP_MS_MAX = 10_000;
const isRoot = process.getuid?.() === 0;
const timeout = 900_000;

/** Processes that were started from a folder. */
function processesFrom(folder: string): string[] {
  return readdirSync('/proc').filter((entry) => {
    if (!/^\d+$/.test(entry) || Number(entry) === process.pid) return false;
    try {
      return [`/proc/${entry}/exe`, `/proc/${entry}/cwd`].some((link) =>
        readlinkSync(link).startsWith(folder),
      );
    } catch {
      return false;
    }
  });
}

/** Starts it, asks it something, stops it, and says how long it took until it served, and where its state is. */
async function serveOnce(
  installation: Installation,
  command: string,
): Promise<{ tookMs: number; stateFolder: string }> {
  const startedAt = performance.now();
  const child = installation.start(['sh', '-c', command], { MCP_PORT: '0', MCP_ADMIN_PORT: '0' });
  const output = collect(child);
  const port = await untilServing(child, output);
  const tookMs = performance.now() - startedAt;
  const agent = await Agent.connect(port);
  const { result } = await agent.call('search_products', { query: 'hammer' });
  assert.match(JSON.stringify(result?.structuredContent), /hammer/i);
  await agent[Symbol.asyncDispose]();
  assert.doesNotMatch(output(), /"level":"(warn|error)"/);

  const stoppedAt = performance.now();
  child.kill('SIGTERM');
  await once(child, 'close');
  assert.ok(performance.now() - stoppedAt < STOP_MS_MAX);
  assert.match(output(), /"message":"workers are gone".*"exitCode":0/);
  assert.deepEqual(processesFrom(installation.project), []);
  const [, stateFolder = ''] = /"stateFolder":"([^"]+)"/.exec(output()) ?? [];
  return { tookMs, stateFolder };
}

suite('a fresh clone', () => {
  test('serves after npm ci && npm start as root, from a folder closed to others, and again', {
    timeout,
    skip: isRoot ? false : 'needs root',
  }, async (t) => {
    using root = new Installation();
    root.clone();
    const first = await serveOnce(root, 'npm ci --no-audit --no-fund && exec npm start');
    t.after(() => {
      rmSync(first.stateFolder, { recursive: true });
    });
    assert.ok(first.tookMs < FIRST_START_MS_MAX, `the first start took ${first.tookMs} ms`);
    const next = await serveOnce(root, 'exec npm start');
    assert.equal(next.stateFolder, first.stateFolder);
    assert.ok(next.tookMs < NEXT_START_MS_MAX, `the next start took ${next.tookMs} ms`);
  });

  test('serves as an ordinary user, and again', {
    timeout,
  }, async () => {
    using installation = new Installation(NOBODY);
    installation.clone();
    const first = await serveOnce(installation, 'npm ci --no-audit --no-fund && exec npm start');
    const next = await serveOnce(installation, 'exec npm start');
    assert.ok(first.tookMs < FIRST_START_MS_MAX, `the first start took ${first.tookMs} ms`);
    assert.ok(next.tookMs < NEXT_START_MS_MAX, `the next start took ${next.tookMs} ms`);
  });
});
