import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';

import { checkTools } from '../../src/cli/check-tools.ts';
import { createDatabase } from '../postgres.ts';
import { INHERITED } from '../support/inherited.ts';
import { toolFile, writeToolsFolder } from '../worker/tools/load/tools-folder.ts';
import { openTerminal } from './terminal.ts';

const never = new AbortController().signal;
const SELECT = 'name: one\ndescription: Is one.\nkind: sql\nsql: select 1 as one\n';

/** Checks files in a folder of that name, where no server is. Nothing of it is left. */
async function check(
  t: TestContext,
  files: Readonly<Record<string, string>>,
  {
    env = {},
    signal = never,
    ...options
  }: Parameters<typeof checkTools>[1] & { env?: NodeJS.ProcessEnv; signal?: AbortSignal } = {},
) {
  using folder = writeToolsFolder('tools', files);
  const temporary = mkdtempSync(join(tmpdir(), 'holdfast-checks-'));
  t.after(() => {
    rmSync(temporary, { recursive: true });
  });
  const terminal = openTerminal({
    env: { ...INHERITED, MCP_STATE_DIR: '/nowhere/at/all', ...env },
    workingFolder: join(folder.path, '..'),
  });
  const { TMPDIR } = process.env;
  process.env.TMPDIR = temporary;
  try {
    const code = await checkTools([folder.path], options, terminal, signal);
    return { code, printed: terminal.printed(), complained: terminal.complained() };
  } finally {
    if (TMPDIR === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = TMPDIR;
    assert.deepEqual(readdirSync(temporary), []);
  }
}

suite('holdfast tools check', { concurrency: 1 }, () => {
  test('says how many are fit', async (t) => {
    const { code, printed } = await check(t, { 'a.ts': toolFile('one', 'two') });
    assert.deepEqual([code, printed], [0, '2 tools, 0 resources, 0 prompts are fit\n']);
  });

  test('prints each fault as compilers do, and ends with 5', async (t) => {
    const { code, printed } = await check(t, {
      'a.ts': toolFile('one'),
      'b.ts': 'export const two = ;',
      'c.yaml': 'name: three\nkind: sql\n',
    });
    assert.equal(code, 5);
    const lines = printed.trimEnd().split('\n');
    assert.match(printed, /^tools\/b\.ts:1:\d+ .*Expression expected/m);
    assert.match(printed, /^tools\/c\.yaml:\d+.* /m);
    for (const line of lines) assert.match(line, /^tools\/\S+ \S/);
  });

  test('prints the whole proof as JSON', async (t) => {
    const { code, printed } = await check(t, { 'a.ts': 'throw new Error("odd");' }, { json: true });
    assert.equal(code, 5);
    assert.partialDeepStrictEqual(JSON.parse(printed), {
      entries: [],
      faults: [{ message: 'cannot be loaded: odd' }],
    });
  });

  test('tries statements in the database that is given, and says that it cannot without', async (t) => {
    await using database = await createDatabase();
    const files = { 'migrations/0001_t.sql': 'create table t (a int);', 'one.yaml': SELECT };
    const tried = await check(t, files, { env: { DATABASE_URL: database.url } });
    assert.deepEqual([tried.code, tried.printed], [0, '1 tool, 0 resources, 0 prompts are fit\n']);
    const broken = { ...files, 'one.yaml': SELECT.replace('1 as one', 'b from t') };
    const refused = await check(t, broken, { env: { DATABASE_URL: database.url } });
    assert.equal(refused.code, 5);
    assert.match(refused.printed, /^tools\/one\.yaml.* one: /);
    const without = await check(t, broken);
    assert.equal(without.code, 0);
    assert.match(without.complained, /^warning: .*There is no database/im);
  });

  test('shows what tools print, and keeps it from what it finds', async (t) => {
    const text = `console.log('printed'); ${toolFile('one').replace('import', '\nimport')}`;
    const { code, printed, complained } = await check(t, { 'a.ts': text });
    assert.deepEqual([code, printed], [0, '1 tool, 0 resources, 0 prompts are fit\n']);
    assert.match(complained, /^printed$/m);
  });

  test('ends what hangs, and says so', async (t) => {
    const hangs = 'setInterval(() => undefined, 1_000); await new Promise(() => undefined);';
    const { code, printed } = await check(t, { 'a.ts': hangs }, { deadlineMs: 1_500 });
    assert.equal(code, 5);
    assert.match(printed, /^The tools do not finish loading within 1500 ms\. /);
  });

  test('ends with what it runs when it is interrupted', async (t) => {
    const hangs = 'setInterval(() => undefined, 1_000); await new Promise(() => undefined);';
    const signal = AbortSignal.timeout(500);
    const { code, printed } = await check(t, { 'a.ts': hangs }, { signal });
    assert.deepEqual([code, printed], [5, 'Holdfast stops, and the tools were not proved\n']);
  });

  test('finds the folder "tools", or what MCP_TOOLS names, and says where there is neither (1)', async () => {
    const workingFolder = mkdtempSync(join(tmpdir(), 'holdfast-empty-'));
    try {
      const nowhere = openTerminal({ workingFolder });
      assert.equal(await checkTools([], {}, nowhere, never), 1);
      assert.match(nowhere.complained(), /^holdfast: There are no tools to be found\. /);
      assert.equal(await checkTools(['else'], {}, nowhere, never), 1);
      assert.match(nowhere.complained(), /^holdfast: There is nothing at else\. /);
      writeFileSync(join(workingFolder, 'one.mjs'), toolFile('one'));
      const named = openTerminal({
        workingFolder,
        env: { ...INHERITED, MCP_TOOLS: ' one.mjs ,' },
      });
      assert.equal(await checkTools([], {}, named, never), 0, named.complained());
    } finally {
      rmSync(workingFolder, { recursive: true });
    }
  });
});
