/** What is kept for a later start may have been spoiled by then. */
import assert from 'node:assert/strict';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';

import { keptFolder } from '../../../src/shared/generation.ts';
import { silent } from '../../../src/shared/logger.ts';
import { Generations } from '../../../src/supervisor/generations/generations.ts';
import { type GenerationsFolder, makeFolders } from './generations-folder.ts';

/** What the next start makes of it, once a worker serves it. */
function restart({ stateFolder, tools }: GenerationsFolder): Generations {
  const generations = new Generations({ stateFolder, now: Date.now, log: silent });
  generations.open([tools]);
  generations.noteServed();
  return generations;
}

suite('what a generation is made of', () => {
  for (const [what, spoil] of [
    [
      'cut short',
      (path: string) => {
        truncateSync(path, 9);
      },
    ],
    [
      'another',
      (path: string) => {
        writeFileSync(path, '{"id":"7","at":1,"sources":[]}');
      },
    ],
    [
      'a folder',
      (path: string) => {
        rmSync(path);
        mkdirSync(path);
      },
    ],
  ] as const) {
    test(`is written anew where its file is ${what}`, () => {
      using folders = makeFolders();
      folders.write('a.ts', '1');
      const { id } = restart(folders).current;
      const path = join(folders.stateFolder, 'generations', `${id}.json`);
      spoil(path);
      assert.equal(restart(folders).current.id, id);
      assert.equal(JSON.parse(readFileSync(path, 'utf8')).id, id);
      folders.write('a.ts', '2');
      const generations = restart(folders);
      assert.equal(generations.previousId, id);
      spoil(path);
      assert.equal(generations.findPrevious(), undefined);
    });
  }
});

type Spoil = (folder: string) => void;
const spoiled: readonly (readonly [string, Spoil])[] = [
  ['was lost', (folder) => rmSync(join(folder, 'inner/b.sql'))],
  ['is empty', (folder) => truncateSync(join(folder, 'inner/b.sql'))],
  ['was changed', (folder) => writeFileSync(join(folder, 'inner/b.sql'), 'select 9')],
  ['came', (folder) => writeFileSync(join(folder, 'c.ts'), '3')],
  [
    'is a folder now',
    (folder) => {
      rmSync(join(folder, 'a.ts'));
      mkdirSync(join(folder, 'a.ts'));
    },
  ],
];

suite('files that were kept', () => {
  for (const [what, spoil] of spoiled) {
    test(`are kept anew if one ${what}`, () => {
      using folders = makeFolders();
      folders.write('a.ts', '1');
      folders.write('inner/b.sql', 'select 1');
      const { current } = restart(folders);
      const [source] = current.sources;
      assert.ok(source !== undefined);
      const folder = keptFolder(folders.stateFolder, source);
      spoil(folder);
      assert.equal(restart(folders).current.id, current.id);
      const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
      assert.deepEqual(new Set(names), new Set(['a.ts', 'inner', 'inner/b.sql']));
      assert.equal(readFileSync(join(folder, 'a.ts'), 'utf8'), '1');
      assert.equal(readFileSync(join(folder, 'inner/b.sql'), 'utf8'), 'select 1');
    });

    test(`are not gone back to if one ${what}`, () => {
      using folders = makeFolders();
      folders.write('a.ts', '1');
      folders.write('inner/b.sql', 'select 1');
      const [source] = restart(folders).current.sources;
      assert.ok(source !== undefined);
      folders.write('a.ts', '2');
      const generations = restart(folders);
      assert.ok(generations.findPrevious() !== undefined);
      spoil(keptFolder(folders.stateFolder, source));
      assert.equal(generations.findPrevious(), undefined);
    });
  }

  test('are left as they are if they are whole', () => {
    using folders = makeFolders();
    folders.write('a.ts', '1');
    const [source] = restart(folders).current.sources;
    assert.ok(source !== undefined);
    const before = statSync(keptFolder(folders.stateFolder, source)).ino;
    restart(folders);
    assert.equal(statSync(keptFolder(folders.stateFolder, source)).ino, before);
  });
});
