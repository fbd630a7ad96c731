import assert from 'node:assert/strict';
import { basename, relative } from 'node:path';
import { suite, test } from 'node:test';

import { Failure } from '../../../../src/shared/errors.ts';
import type { SourceFile } from '../../../../src/worker/tools/load/source.ts';
import { keptSource, writeToolsFolder } from './tools-folder.ts';

function isInvalid(...texts: readonly string[]) {
  return (thrown: unknown): boolean => {
    assert.ok(thrown instanceof Failure, String(thrown));
    assert.equal(thrown.code, 'invalid');
    for (const text of texts) assert.ok(thrown.message.includes(text), thrown.message);
    return true;
  };
}

const pathsOf = (files: readonly SourceFile[]) => files.map(({ path }) => path);

suite('a folder of tools', () => {
  test('is its files in order, its setup and its migrations', () => {
    using folder = writeToolsFolder('store', {
      'b.ts': '',
      'a.js': '',
      'c.mjs': '',
      'setup.ts': '',
      'a.test.ts': '',
      'types.d.ts': '',
      'package.json': '{}',
      'README.md': '',
      'below/d.ts': '',
      'migrations/0001_first.sql': '',
    });
    const { path, schema, migrations, files, setup } = keptSource(folder.path);
    assert.deepEqual([path, schema, setup?.path], [folder.path, 'store', folder.at('setup.ts')]);
    assert.deepEqual(pathsOf(files), ['a.js', 'b.ts', 'c.mjs'].map(folder.at));
    assert.equal(basename(migrations ?? ''), 'migrations');
  });

  test('needs neither setup nor migrations, and may be given relative to where we are', () => {
    using folder = writeToolsFolder('store', { 'a.ts': '' });
    const { migrations, files, setup } = keptSource(relative(process.cwd(), folder.path));
    assert.deepEqual([migrations, setup], [undefined, undefined]);
    assert.deepEqual(pathsOf(files), [folder.at('a.ts')]);
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
      assert.equal(keptSource(folder.path).schema, schema);
    });
  }

  test('called holdfast is refused, for the schema of that name is ours', () => {
    using folder = writeToolsFolder('holdfast', { 'a.ts': '' });
    assert.throws(() => keptSource(folder.path), isInvalid('holdfast'));
  });

  test('that is not there is named', () => {
    assert.throws(() => keptSource('no/such/folder'), isInvalid('MCP_TOOLS', 'no/such/folder'));
  });

  test('may be a single file', () => {
    using folder = writeToolsFolder('any', { 'spare-parts.ts': '' });
    const { schema, migrations, files, setup } = keptSource(folder.at('spare-parts.ts'));
    assert.deepEqual([schema, migrations, setup], ['spare_parts', undefined, undefined]);
    assert.deepEqual(pathsOf(files), [folder.at('spare-parts.ts')]);
  });
});
