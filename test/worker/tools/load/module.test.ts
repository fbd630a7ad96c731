import assert from 'node:assert/strict';
import { relative } from 'node:path';
import { suite, test } from 'node:test';

import { Failure } from '../../../../src/shared/errors.ts';
import { silent } from '../../../../src/shared/logger.ts';
import {
  findToolSource,
  loadExports,
  loadSetup,
} from '../../../../src/worker/tools/load/module.ts';
import { toolFile, writeToolsFolder } from './tools-folder.ts';

function isInvalid(...texts: readonly string[]) {
  return (thrown: unknown): boolean => {
    assert.ok(thrown instanceof Failure, String(thrown));
    assert.equal(thrown.code, 'invalid');
    for (const text of texts) assert.ok(thrown.message.includes(text), thrown.message);
    return true;
  };
}

suite('a folder of tools', () => {
  test('is its files in order, its setup and its migrations', () => {
    using folder = writeToolsFolder('store', {
      'b.ts': '',
      'a.js': '',
      'c.mjs': '',
      'setup.ts': '',
      'a.test.ts': '',
      'types.d.ts': '',
      'README.md': '',
      'below/d.ts': '',
      'migrations/0001_first.sql': '',
    });
    assert.deepEqual(findToolSource(folder.path), {
      schema: 'store',
      migrations: folder.at('migrations'),
      files: ['a.js', 'b.ts', 'c.mjs'].map(folder.at),
      setup: folder.at('setup.ts'),
    });
  });

  test('needs neither setup nor migrations, and may be given relative to where we are', () => {
    using folder = writeToolsFolder('store', { 'a.ts': '' });
    const source = findToolSource(relative(process.cwd(), folder.path));
    const files = [folder.at('a.ts')];
    assert.deepEqual(source, { schema: 'store', migrations: undefined, files, setup: undefined });
  });

  for (const [name, schema] of [
    ['hardware-store', 'hardware_store'],
    ['Tools.v2', 'tools_v2'],
    ['2nd hand', '_2nd_hand'],
    ['a"; drop table b', 'a___drop_table_b'],
    ['käse', 'k_se'],
  ] as const) {
    test(`called ${name} has the schema ${schema}`, () => {
      using folder = writeToolsFolder(name, {});
      assert.equal(findToolSource(folder.path).schema, schema);
    });
  }

  test('called holdfast is refused, for the schema of that name is ours', () => {
    using folder = writeToolsFolder('holdfast', { 'a.ts': '' });
    assert.throws(() => findToolSource(folder.path), isInvalid('holdfast'));
  });

  test('that is not there is named', () => {
    assert.throws(() => findToolSource('no/such/folder'), isInvalid('MCP_TOOLS', 'no/such/folder'));
  });

  test('may be a single file', () => {
    using folder = writeToolsFolder('any', { 'spare-parts.ts': '' });
    assert.deepEqual(findToolSource(folder.at('spare-parts.ts')), {
      schema: 'spare_parts',
      migrations: undefined,
      files: [folder.at('spare-parts.ts')],
      setup: undefined,
    });
  });
});

suite('loading tools', () => {
  test('takes what is a tool under whatever name it is exported, and leaves the rest', async () => {
    using folder = writeToolsFolder('store', {
      'a.ts': `${toolFile('one', 'two')} export const LIMIT = 7; export { two as default };`,
      'b.js': toolFile('three'),
    });
    const { tools } = await loadExports(findToolSource(folder.path));
    assert.deepEqual([...new Set(tools.map(({ name }) => name))].toSorted(), [
      'one',
      'three',
      'two',
    ]);
  });

  test('takes a tool once that is exported under two names', async () => {
    using folder = writeToolsFolder('store', {
      'a.ts': `${toolFile('one')} export { one as default };`,
    });
    const { tools } = await loadExports(findToolSource(folder.path));
    assert.deepEqual(
      tools.map(({ name }) => name),
      ['one'],
    );
  });

  test('of an empty folder finds none', async () => {
    using folder = writeToolsFolder('store', {});
    assert.deepEqual(await loadExports(findToolSource(folder.path)), {
      tools: [],
      resources: [],
      prompts: [],
    });
  });

  test('names a file that exports no tool', async () => {
    using folder = writeToolsFolder('store', {
      'a.ts': 'export const tool = { name: "a", run: async () => "a" };',
    });
    const source = findToolSource(folder.path);
    await assert.rejects(loadExports(source), isInvalid(folder.at('a.ts'), 'exports no tool'));
  });

  for (const [what, text, reason] of [
    ['throws', 'throw new Error("no paint left");', 'no paint left'],
    ['throws no error', 'throw "no paint left";', 'no paint left'],
    ['has bad syntax', 'export const = 1;', ''],
    ['imports what is not there', "import './not-there.ts';", 'not-there.ts'],
    ['needs a compiler', 'export enum Colour { Red }', 'enum'],
  ] as const) {
    test(`names a file that ${what}, and says why it cannot be loaded`, async () => {
      using folder = writeToolsFolder('store', { 'a.ts': text });
      const expected = isInvalid(folder.at('a.ts'), 'cannot be loaded', reason);
      await assert.rejects(loadExports(findToolSource(folder.path)), expected);
    });
  }
});

suite('loading a setup', () => {
  test('takes its function', async () => {
    using folder = writeToolsFolder('store', {
      'setup.ts': 'export const setup = async ({ progress }) => progress(1, 2);',
    });
    const setup = await loadSetup(folder.at('setup.ts'));
    const shown: number[] = [];
    await setup({
      // This setup asks nothing of it.
      db: undefined as never,
      log: silent,
      progress: (done, total) => {
        shown.push(done, total);
      },
    });
    assert.deepEqual(shown, [1, 2]);
  });

  for (const text of ['export const other = 1;', 'export const setup = 7;', '']) {
    test(`names a file that exports no function of that name: ${JSON.stringify(text)}`, async () => {
      using folder = writeToolsFolder('store', { 'setup.ts': text });
      await assert.rejects(
        loadSetup(folder.at('setup.ts')),
        isInvalid(folder.at('setup.ts'), 'exports no function "setup"'),
      );
    });
  }
});
