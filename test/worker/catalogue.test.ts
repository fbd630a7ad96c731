import assert from 'node:assert/strict';
import { join } from 'node:path';
import { suite, test } from 'node:test';

import { crashClassOf } from '../../src/shared/crash-class.ts';
import { silent } from '../../src/shared/logger.ts';
import { type Catalogue, loadCatalogue } from '../../src/worker/catalogue.ts';
import { installKeptModules } from '../../src/worker/tools/load/kept-modules.ts';
import { LoadFailure } from '../../src/worker/tools/load/load-failure.ts';
import { keptSource, toolFile, writeToolsFolder } from './tools/load/tools-folder.ts';
import { noFacilities } from './tools/tool-context.ts';

installKeptModules();

function load(...paths: readonly string[]): Promise<Catalogue> {
  return loadCatalogue(paths.map(keptSource), {
    facilitiesOf: () => noFacilities,
    environment: {},
    isProved: false,
    log: silent,
  });
}

async function failureOf(...paths: readonly string[]): Promise<LoadFailure> {
  const thrown: unknown = await load(...paths).then(
    () => undefined,
    (error: unknown) => error,
  );
  assert.ok(thrown instanceof LoadFailure, String(thrown));
  return thrown;
}

const brokenTool = (name: string) =>
  `import { defineTool } from 'mcp-holdfast';
   const input = { type: 'string' };
   export const it = defineTool({ name: '${name}', description: '', input, run: async () => '' });`;

suite('loading a catalogue', () => {
  test('takes the tools, resources and prompts of all folders, and says where each was found', async () => {
    using saws = writeToolsFolder('saws', { 'b.ts': toolFile('two'), 'a.ts': toolFile('one') });
    using paint = writeToolsFolder('paint', {
      'a.ts': `import { definePrompt, defineResource } from 'mcp-holdfast';
        export const r = defineResource({ uri: 'paint://red', name: 'r', read: async () => '' });
        export const p = definePrompt({ name: 'p', get: async () => '' });`,
    });
    await using catalogue = await load(saws.path, paint.path);
    const { tools } = catalogue.gatherTools();
    assert.deepEqual(
      tools.map(({ tool, origin }) => [tool.name, origin.source, origin.exportName]),
      [
        ['one', saws.at('a.ts'), 'one'],
        ['two', saws.at('b.ts'), 'two'],
      ],
    );
    assert.equal(catalogue.resources.get('paint://red')?.source, paint.at('a.ts'));
    assert.equal(catalogue.prompts.find('p')?.source, paint.at('a.ts'));
  });

  test('of an empty folder finds nothing', async () => {
    using folder = writeToolsFolder('store', {});
    await using catalogue = await load(folder.path);
    assert.deepEqual(catalogue.gatherTools().tools, []);
  });

  test('fails with all that is wrong, and not with the first alone', async () => {
    using folder = writeToolsFolder('store', {
      'a.ts': 'throw new Error("no paint left");',
      'b.ts': toolFile('fine'),
      'c.ts': "\nimport './nothing.ts';",
    });
    const { faults } = await failureOf(folder.path);
    assert.deepEqual(
      faults.map(({ file }) => file),
      [folder.at('a.ts'), folder.at('c.ts')],
    );
  });

  test('fails with every tool that is none, and says whose it is', async () => {
    using folder = writeToolsFolder('store', {
      'a.ts': brokenTool('one'),
      'b.ts': brokenTool('two'),
      'c.ts': toolFile('three'),
    });
    const { faults } = await failureOf(folder.path);
    assert.deepEqual(
      faults.map(({ file, subject }) => [file, subject]),
      [
        [folder.at('a.ts'), 'one'],
        [folder.at('b.ts'), 'two'],
      ],
    );
  });

  test('fails where two have one name', async () => {
    using folder = writeToolsFolder('store', { 'a.ts': toolFile('one'), 'b.ts': toolFile('one') });
    assert.match((await failureOf(folder.path)).message, /Two tools have the name "one"/);
  });

  test('keeps what caused it: a package that is missing is called by that name', async () => {
    using folder = writeToolsFolder('store', {
      'a.ts': "await import(['left-pad', 'of-yesterday'].join('-'));",
    });
    assert.equal(crashClassOf(await failureOf(folder.path)), 'missing_module');
  });

  test('leaves out what a mounted server offers under a name that is taken', async () => {
    const server = join(
      import.meta.dirname,
      '../../examples/mounted-notes/server/notes-server.mjs',
    );
    const notes = { command: process.execPath, args: [server], prefix: '' };
    using folder = writeToolsFolder('store', {
      'a.ts': toolFile('add_note'),
      'servers.json': JSON.stringify({ mcpServers: { notes } }),
    });
    await using catalogue = await load(folder.path);
    assert.deepEqual(
      catalogue.gatherTools().tools.map(({ tool, origin }) => [tool.name, origin.source]),
      [
        ['add_note', folder.at('a.ts')],
        ['forget_all', 'notes'],
        ['list_notes', 'notes'],
      ],
    );
  });
});
