/** What goes to npm: packed, installed elsewhere, and started from there. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { Agent } from '../agent.ts';
import { collect, Installation, pack, untilServing } from './installation.ts';

test('the packed tarball installs and serves', { timeout: 300_000 }, async (t) => {
  const npm = process.env.npm_execpath;
  assert.ok(npm, 'run this with npm run test:install');
  using installation = new Installation();
  const stateFolder = mkdtempSync(join(tmpdir(), 'holdfast-package-'));
  t.after(() => {
    rmSync(stateFolder, { recursive: true, force: true });
  });
  const tarball = pack(npm, installation.project);
  // A package that depends on ours, on a machine with a Node that is new enough.
  const manifest = { private: true, dependencies: { 'mcp-holdfast': `file:${tarball}` } };
  writeFileSync(join(installation.project, 'package.json'), JSON.stringify(manifest));
  const installed = await installation.run([process.execPath, npm, 'install', '--no-audit']);
  assert.equal(installed.code, 0, installed.output);

  const bin = join(installation.project, 'node_modules/.bin/holdfast');
  const child = installation.start([process.execPath, bin, 'start'], {
    MCP_PORT: '0',
    MCP_ADMIN_PORT: '0',
    MCP_STATE_DIR: stateFolder,
    MCP_WORKERS: '1',
  });
  const output = collect(child);
  const agent = await Agent.connect(await untilServing(child, output));
  const { result } = await agent.call('search_products', { query: 'ball valve' });
  assert.match(JSON.stringify(result?.structuredContent), /ball valve/i);
  await agent[Symbol.asyncDispose]();
  child.kill('SIGTERM');
  await once(child, 'close');
  assert.equal(child.exitCode, 0);
});
