/** The way of somebody who writes a first tool, with nothing but npm. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { test } from 'node:test';

import { Agent } from '../agent.ts';
import { collect, Installation, pack, untilServing } from './installation.ts';

const AREA = `import { defineTool } from 'mcp-holdfast';
import { z } from 'zod';

export const area = defineTool({
  name: 'area',
  description: 'Computes the area of a rectangle.',
  input: z.object({ width: z.number(), height: z.number() }),
  run: async ({ width, height }) => ({ area: width * height }),
});
`;

test('a first tool is called six steps after an empty folder', { timeout: 300_000 }, async (t) => {
  const npm = process.env.npm_execpath;
  assert.ok(npm, 'run this with npm run test:install');
  using packed = new Installation();
  using author = new Installation();
  const stateFolder = mkdtempSync(join(tmpdir(), 'holdfast-author-'));
  t.after(() => {
    rmSync(stateFolder, { recursive: true, force: true });
  });
  const tarball = pack(npm, packed.project);
  const env = {
    // A machine with a Node that is new enough.
    PATH: [dirname(process.execPath), '/usr/bin', '/bin'].join(delimiter),
    MCP_PORT: '0',
    MCP_ADMIN_PORT: '0',
    MCP_STATE_DIR: stateFolder,
  };
  const run = async (...command: readonly string[]): Promise<string> => {
    const ended = await author.run([process.execPath, npm, ...command], env);
    assert.equal(ended.code, 0, ended.output);
    return ended.output;
  };

  // 1. npx mcp-holdfast init
  const said = await run('exec', '--yes', `--package=${tarball}`, '--', 'holdfast', 'init');
  assert.match(said, /wrote {4}tools\/greet\.ts/);
  // 2. npm install. The version that it names is on no registry yet.
  await run('install', '--no-audit', tarball);
  // 3. npx holdfast dev
  const bin = join(author.project, 'node_modules/.bin/holdfast');
  const child = author.start([bin, 'dev'], env);
  const output = collect(child);
  const agent = await Agent.connect(await untilServing(child, output));
  const changed = agent.notified('notifications/tools/list_changed');
  // 4. A tool, in an editor. 5. Saved. 6. Called.
  writeFileSync(join(author.project, 'tools/area.ts'), AREA);
  await changed;
  const { result } = await agent.call('area', { width: 3, height: 4 });
  assert.deepEqual(result?.structuredContent, { area: 12 });
  // What was there from the beginning is called, too: TypeScript and SQL.
  const greeted = await agent.call('greet', { name: 'Ann' });
  assert.deepEqual(greeted.result?.structuredContent, { greeting: 'Hello, Ann!' });
  const added = await agent.call('add', { a: 2, b: 3 });
  assert.match(JSON.stringify(added.result), /"sum":5/);
  await agent[Symbol.asyncDispose]();
  child.kill('SIGTERM');
  await once(child, 'close');
  assert.equal(child.exitCode, 0, output());
});
