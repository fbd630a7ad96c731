import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';

import { keepGeneration } from '../../../../src/shared/generation.ts';
import { importKept, installKeptModules } from '../../../../src/worker/tools/load/kept-modules.ts';
import { holdModules } from '../../../../src/worker/tools/load/module.ts';
import { getToolSources, type SourceFile } from '../../../../src/worker/tools/load/source.ts';
import { isTool } from '../../../../src/worker/tools/tool.ts';
import { toolFile } from './tools-folder.ts';

const ONE = toolFile('one');

installKeptModules();

/** A folder of tools where nothing is installed, beside it whatever else there is. */
function elsewhere(t: TestContext, files: Readonly<Record<string, string>>) {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-elsewhere-')));
  t.after(() => {
    rmSync(base, { recursive: true });
  });
  const folder = join(base, 'store');
  const write = (more: Readonly<Record<string, string>>): void => {
    for (const [name, text] of Object.entries(more)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
  };
  write(files);
  const keep = (): SourceFile => {
    const { id } = keepGeneration(join(base, 'state'), [folder], 0);
    const [source] = getToolSources(join(base, 'state'), id);
    const [file] = source?.files ?? [];
    assert.ok(file);
    return file;
  };
  return { folder, write, keep };
}

suite('a file of a generation', () => {
  test('imports mcp-holdfast, zod, JSON and what lies below and beside it, from anywhere', async (t) => {
    const { folder, keep } = elsewhere(t, {
      'a.ts': `${toolFile('one')}
        import data from './below/data.json' with { type: 'json' };
        import { helper } from './below/helper.ts';
        import { beside } from '../beside.ts';
        export const parts: readonly unknown[] = [data.colour, helper, beside];
        export const place = [import.meta.dirname, import.meta.filename];`,
      'below/data.json': '{"colour":"red"}',
      'below/helper.ts': "export const helper: string = 'below';",
      '../beside.ts': "import 'mcp-holdfast'; export { z as beside } from 'zod';",
    });
    const { one, parts, place } = await importKept(keep());
    assert.ok(isTool(one));
    const { z } = await import('zod');
    assert.deepEqual(parts, ['red', 'below', z]);
    assert.deepEqual(place, [folder, join(folder, 'a.ts')]);
  });

  test('takes the zod of its folder, if that has one', async (t) => {
    const { keep } = elsewhere(t, {
      'a.ts': "export { mine } from 'zod'; export { other } from 'zod/mini';",
      'node_modules/zod/package.json':
        '{"name":"zod","type":"module","exports":{".":"./a.js","./mini":"./a.js"}}',
      'node_modules/zod/a.js': 'export const mine = 7, other = 8;',
    });
    const { mine, other } = await importKept(keep());
    assert.deepEqual([mine, other], [7, 8]);
  });

  test('is as it was kept, with all that it imports, however it is edited or deleted later', async (t) => {
    const { folder, write, keep } = elsewhere(t, {
      'a.ts': "export const late = () => import('./below/late.ts'); export { b } from './b/b.ts';",
      'b/b.ts': "export const b: string = 'old';",
      'below/late.ts': "export const late: string = 'old';",
    });
    const file = keep();
    write({ 'a.ts': 'edited', 'b/b.ts': "export const b = 'new';" });
    rmSync(join(folder, 'below'), { recursive: true });
    const { b, late } = await importKept(file);
    assert.equal(b, 'old');
    assert.ok(typeof late === 'function');
    assert.equal((await late()).late, 'old');
  });

  test('is imported once for each version, and both go on side by side', async (t) => {
    const { write, keep } = elsewhere(t, {
      'a.ts': "import { count } from './below/b.ts'; export const next = () => count();",
      'below/b.ts': 'let n = 0; export const count = () => (n += 1);',
    });
    const first = keep();
    const one = await importKept(first);
    write({ 'below/b.ts': 'let n = 100; export const count = () => (n += 1);' });
    const two = await importKept(keep());
    assert.equal(await importKept(first), one);
    for (const [{ next }, expected] of [
      [one, 1],
      [two, 101],
      [one, 2],
    ] as const) {
      assert.ok(typeof next === 'function');
      assert.equal(next(), expected);
    }
  });

  test('throws where it was written', async (t) => {
    const { folder, keep } = elsewhere(t, {
      'a.ts': 'interface A {}\nexport function fail(): never {\n  throw new Error("no");\n}',
    });
    const { fail } = await importKept(keep());
    assert.ok(typeof fail === 'function');
    assert.throws(
      () => fail(),
      (error) => {
        assert.ok(error instanceof Error);
        assert.match(error.stack ?? '', new RegExp(`file://${folder}/a\\.ts\\?version=\\w+:3:9`));
        return true;
      },
    );
  });

  test('is an ES module, whatever its package says, and nobody is warned of it', async (t) => {
    const warned: Error[] = [];
    const heed = (warning: Error): void => {
      warned.push(warning);
    };
    process.on('warning', heed);
    t.after(() => process.off('warning', heed));
    const { keep } = elsewhere(t, {
      'a.js': "export { b } from './below/b.js';",
      'below/b.js': 'export const b = typeof module;',
      'package.json': '{"type":"commonjs"}',
    });
    assert.equal((await importKept(keep())).b, 'undefined');
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(warned, []);
  });

  test('may call its own files what its package does', async (t) => {
    const { write, keep } = elsewhere(t, {
      'a.ts': "export { b } from '#b';",
      'below/b.ts': 'export const b: number = 1;',
      'package.json': '{"imports":{"#b":"./below/b.ts"}}',
    });
    const first = keep();
    write({ 'below/b.ts': 'export const b: number = 2;' });
    assert.equal((await importKept(first)).b, 1);
    assert.equal((await importKept(keep())).b, 2);
  });
});

/** What its tool comes to. */
async function resultOf(file: SourceFile): Promise<unknown> {
  const { one, same = one } = await importKept(file);
  assert.ok(isTool(same));
  return same.run({}, undefined as never);
}

suite('a version that nobody holds any more', () => {
  test('leaves no tool that can be called, and is imported anew for who wants it again', async (t) => {
    const { keep } = elsewhere(t, { 'a.ts': toolFile('one') });
    const file = keep();
    const holds = [holdModules(file.version), holdModules(file.version)];
    const { one } = await importKept(file);
    assert.ok(isTool(one));
    holds[0]?.[Symbol.dispose]();
    assert.equal((await importKept(file)).one, one);
    const { run } = one;
    holds[1]?.[Symbol.dispose]();
    await assert.rejects(async () => one.run({}, undefined as never), { code: 'unavailable' });
    using _again = holdModules(file.version);
    const { one: another } = await importKept(file);
    assert.ok(isTool(another) && another !== one);
    assert.equal(await another.run({}, undefined as never), 'one');
    // What somebody still had of it goes on working.
    assert.equal(await run({}, undefined as never), 'one');
  });

  for (const [what, files] of [
    ['beside its folder', { 'a.ts': "export * from '../lib/one.ts';", '../lib/one.ts': ONE }],
    [
      'of a package',
      {
        'a.ts': "export * from 'pack';",
        'node_modules/pack/package.json': '{"name":"pack","type":"module","exports":"./one.js"}',
        'node_modules/pack/one.js': ONE,
      },
    ],
    [
      'made by a function beside its folder, once for all',
      {
        'a.ts': "import { make } from '../lib/make.ts'; export const one = make();",
        '../lib/make.ts': `${ONE} export const make = () => one;`,
      },
    ],
    ['that it hands on', { 'a.ts': `${ONE} export const same = (globalThis.kept ??= one);` }],
  ] as const) {
    test(`takes nothing from a tool ${what}, which others have as well`, async (t) => {
      const { write, keep } = elsewhere(t, files);
      const first = keep();
      const old = holdModules(first.version);
      assert.equal(await resultOf(first), 'one');
      write({ 'a.ts': `${files['a.ts']}// edited` });
      const second = keep();
      using _held = holdModules(second.version);
      assert.equal(await resultOf(second), 'one');
      old[Symbol.dispose]();
      assert.equal(await resultOf(second), 'one');
    });
  }

  test('takes nothing from a tool of others, for whoever comes later', async (t) => {
    const { write, keep } = elsewhere(t, {
      'a.ts': "export * from '../lib/one.ts';",
      '../lib/one.ts': ONE,
    });
    const first = keep();
    const held = holdModules(first.version);
    await importKept(first);
    held[Symbol.dispose]();
    write({ 'a.ts': "export * from '../lib/one.ts'; // edited" });
    const { one } = await importKept(keep());
    assert.ok(isTool(one));
    assert.equal(await one.run({}, undefined as never), 'one');
    assert.ok('inputSchema' in one);
  });
});
