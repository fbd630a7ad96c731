import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { silent } from '../../../../src/shared/logger.ts';
import { installKeptModules } from '../../../../src/worker/tools/load/kept-modules.ts';
import { LoadFailure } from '../../../../src/worker/tools/load/load-failure.ts';
import { loadFile } from '../../../../src/worker/tools/load/load-file.ts';
import type { Loaded } from '../../../../src/worker/tools/load/loaded.ts';
import { loadSetup } from '../../../../src/worker/tools/load/module.ts';
import { keptSource, toolFile, writeToolsFolder } from './tools-folder.ts';

installKeptModules();

/** What the first file of a folder defines, loaded as workers load it. */
function loadFirst(path: string): Promise<Loaded> {
  const [file] = keptSource(path).files;
  assert.ok(file);
  return loadFile(file, { environment: {}, log: silent });
}

const namesIn = ({ tools = [] }: Loaded) => tools.map(({ tool }) => tool.name).toSorted();

suite('loading a module', () => {
  test('takes what is a tool under whatever name it is exported, and leaves the rest', async () => {
    using folder = writeToolsFolder('store', {
      'a.ts': `${toolFile('one', 'two')} export const LIMIT = 7; export { two as default };`,
    });
    assert.deepEqual(namesIn(await loadFirst(folder.path)), ['one', 'two']);
  });

  test('says what a tool is exported as', async () => {
    using folder = writeToolsFolder('store', {
      'a.js': `${toolFile('one')} export { one as first };`,
    });
    const { tools = [] } = await loadFirst(folder.path);
    assert.deepEqual(
      tools.map(({ exportName }) => exportName),
      ['one'],
    );
  });

  for (const [what, text, reason] of [
    ['exports no tool', 'export const tool = { name: "a", run: async () => "a" };', /^exports no/],
    ['throws', 'throw new Error("no paint left");', /^cannot be loaded: no paint left$/],
    ['throws no error', 'throw "no paint left";', /^cannot be loaded: no paint left$/],
    ['has bad syntax', 'export const = 1;', /^cannot be loaded: /],
    ['imports what is not there', "import './not-there.ts';", /not-there\.ts/],
    ['imports what exports no such thing', "import { b } from './a.ts';", /named 'b'/],
    ['needs a compiler', 'export enum Colour { Red }', /enum/],
    ['needs CommonJS', 'module.exports = {};', /ES module/],
    ['imports CommonJS of its own', "import './below/b.cjs';", /b\.cjs is CommonJS/],
  ] as const) {
    test(`names a file that ${what}, and says why`, async () => {
      using folder = writeToolsFolder('store', { 'a.ts': text, 'below/b.cjs': '' });
      await assert.rejects(loadFirst(folder.path), (thrown) => {
        assert.ok(thrown instanceof LoadFailure, String(thrown));
        const [fault] = thrown.faults;
        assert.equal(fault?.file, folder.at('a.ts'));
        assert.match(fault.message, reason);
        assert.doesNotMatch(thrown.message, /version=/);
        return true;
      });
    });
  }

  test('says where it went wrong, in a file that is imported even', async () => {
    using folder = writeToolsFolder('store', {
      'a.ts': `${toolFile('one')}\nimport './below/b.ts';`,
      'below/b.ts': '\nconst nothing: any = undefined;\n  nothing.colour;\n',
    });
    await assert.rejects(loadFirst(folder.path), (thrown) => {
      assert.ok(thrown instanceof LoadFailure, String(thrown));
      const [fault] = thrown.faults;
      assert.deepEqual([fault?.file, fault?.line, fault?.column], [folder.at('below/b.ts'), 3, 11]);
      return true;
    });
  });
});

suite('loading a setup', () => {
  test('takes its function', async () => {
    using folder = writeToolsFolder('store', {
      'setup.ts': 'export const setup = async ({ progress }) => progress(1, 2);',
    });
    const { setup: file } = keptSource(folder.path);
    assert.ok(file);
    const setup = await loadSetup(file);
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
      const { setup: file } = keptSource(folder.path);
      assert.ok(file);
      await assert.rejects(loadSetup(file), { code: 'invalid', message: /setup\.ts.*"setup"/ });
    });
  }
});
