import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';

import { checkTools } from '../../src/cli/check-tools.ts';
import { developmentEnvironment } from '../../src/cli/dev.ts';
import { init } from '../../src/cli/init.ts';
import { openTerminal } from './terminal.ts';

function makeFolder() {
  const path = mkdtempSync(join(tmpdir(), 'holdfast-init-'));
  return {
    path,
    read: (file: string): string => readFileSync(join(path, file), 'utf8'),
    [Symbol.dispose]: () => {
      rmSync(path, { recursive: true });
    },
  };
}

suite('holdfast init', () => {
  test('begins a folder whose tools are fit to be served', async () => {
    using folder = makeFolder();
    const terminal = openTerminal({ workingFolder: folder.path, env: { PATH: process.env.PATH } });
    assert.equal(await init('mine', '1.2.3', terminal), 0);
    const printed = terminal.printed();
    for (const file of ['tools/greet.ts', 'tools/add.yaml', '.mcp.json', 'tsconfig.json']) {
      assert.match(printed, new RegExp(`^wrote +${RegExp.escape(file)}$`, 'm'));
    }
    assert.match(printed, /^cd mine && npx holdfast dev /m);
    const { dependencies } = JSON.parse(folder.read('mine/package.json'));
    assert.deepEqual(dependencies, { 'mcp-holdfast': '^1.2.3' });
    const begun = { ...terminal, workingFolder: join(folder.path, 'mine') };
    const never = new AbortController().signal;
    assert.equal(await checkTools([], {}, begun, never), 0);
    assert.equal(terminal.printed(), '2 tools, 0 resources, 0 prompts are fit\n');
  });

  test('leaves what is there as it is, and says so', async () => {
    using folder = makeFolder();
    const terminal = openTerminal({ workingFolder: folder.path });
    writeFileSync(join(folder.path, 'package.json'), 'mine');
    assert.equal(await init('.', '1.2.3', terminal), 0);
    assert.match(terminal.printed(), /^is there package\.json$/m);
    assert.equal(folder.read('package.json'), 'mine');
  });

  test('says where it cannot write (1)', async () => {
    using folder = makeFolder();
    const terminal = openTerminal({ workingFolder: folder.path });
    writeFileSync(join(folder.path, 'file'), '');
    assert.equal(await init('file', '1.2.3', terminal), 1);
    assert.match(
      terminal.complained(),
      /^holdfast: .* cannot be written \((ENOTDIR|EEXIST)\)\.\n$/,
    );
  });
});

/** What would be served where nothing is. */
const dev =
  (env: NodeJS.ProcessEnv, ...paths: string[]) =>
  (): NodeJS.ProcessEnv =>
    developmentEnvironment(paths, { env, workingFolder: '/nowhere' });

suite('holdfast dev', () => {
  test('serves with one worker, anew at each save, and leaves what is set', () => {
    using folder = makeFolder();
    mkdirSync(join(folder.path, 'tools'));
    const environmentOf = (env: NodeJS.ProcessEnv, ...paths: string[]) =>
      developmentEnvironment(paths, { env, workingFolder: folder.path });
    const ours = { MCP_WORKERS: '1', MCP_WATCH: 'true', MCP_ENV: 'development' };
    assert.deepEqual(environmentOf({}), { ...ours, MCP_TOOLS: 'tools' });
    assert.deepEqual(environmentOf({ MCP_WORKERS: '3', MCP_TOOLS: 'a, b' }), {
      ...ours,
      MCP_WORKERS: '3',
      MCP_TOOLS: 'a,b',
    });
    const named = environmentOf({ MCP_TOOLS: 'a' }, 'tools');
    assert.equal(named.MCP_TOOLS, 'tools');
  });

  test('is neither for production, nor for what is not there', () => {
    assert.throws(dev({ MCP_ENV: 'production' }), { code: 'invalid' });
    assert.throws(dev({}, 'tools'), { code: 'invalid', message: 'There is nothing at tools' });
    assert.equal(dev({})().MCP_TOOLS, undefined);
  });
});
