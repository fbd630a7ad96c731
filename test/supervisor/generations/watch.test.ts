/** How editors and people change files, and that each change is seen. */
import assert from 'node:assert/strict';
import {
  mkdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';

import { Watch } from '../../../src/supervisor/generations/watch.ts';
import { type GenerationsFolder, makeFolders } from './generations-folder.ts';

/** A minute of looking, with nobody waiting for it. */
const LONG_MS = 60_000;

function watched(t: TestContext, folders: GenerationsFolder, paths = [folders.tools]) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const seen = { changes: 0 };
  const watch = new Watch({ paths, onChange: () => (seen.changes += 1) });
  t.after(() => {
    watch[Symbol.dispose]();
  });
  return {
    seen,
    /** Lets time pass, a look at a time: a look sets the time of the next. */
    pass: (ms: number) => {
      for (let passed = 0; passed < ms; passed += 50) t.mock.timers.tick(50);
    },
  };
}

const ways: Readonly<Record<string, (folders: GenerationsFolder) => void>> = {
  'a file is written': ({ write }) => {
    write('a.ts', 'other');
  },
  'a file is written with as many letters': ({ write }) => {
    write('a.ts', '2');
  },
  'a file is replaced by another, as editors do': ({ tools, write }) => {
    write('.a.ts.swp', '2');
    renameSync(join(tools, '.a.ts.swp'), join(tools, 'a.ts'));
  },
  'a file is made': ({ write }) => {
    write('b.ts', '1');
  },
  'a file is made in a folder that is new': ({ write }) => {
    write('queries/of/stock.sql', 'select 1');
  },
  'a file is deleted': ({ tools }) => {
    rmSync(join(tools, 'a.ts'));
  },
  'a file gets another name': ({ tools }) => {
    renameSync(join(tools, 'a.ts'), join(tools, 'c.ts'));
  },
  'the folder is replaced by another': ({ tools, write }) => {
    renameSync(tools, `${tools}.old`);
    mkdirSync(tools);
    write('a.ts', '1');
    utimesSync(join(tools, 'a.ts'), 1, 1);
  },
  'the folder is gone': ({ tools }) => {
    rmSync(tools, { recursive: true });
  },
};

suite('a watch', () => {
  for (const [what, change] of Object.entries(ways)) {
    test(`sees that ${what}, once`, (t) => {
      using folders = makeFolders();
      folders.write('a.ts', '1');
      const { seen, pass } = watched(t, folders);
      pass(LONG_MS);
      assert.equal(seen.changes, 0);
      change(folders);
      pass(1_000);
      assert.equal(seen.changes, 1);
      pass(LONG_MS);
      assert.equal(seen.changes, 1);
    });
  }

  test('sees a file that is a source of its own', (t) => {
    using folders = makeFolders();
    folders.write('a.ts', '1');
    folders.write('b.ts', '1');
    const { seen, pass } = watched(t, folders, [join(folders.tools, 'a.ts')]);
    folders.write('b.ts', 'not of it');
    pass(1_000);
    assert.equal(seen.changes, 0);
    folders.write('a.ts', 'of it');
    pass(1_000);
    assert.equal(seen.changes, 1);
  });

  test('sees that a link leads elsewhere, as Kubernetes mounts files', (t) => {
    using folders = makeFolders();
    const { tools } = folders;
    folders.write('..1/a.ts', '1');
    folders.write('..2/a.ts', '2');
    symlinkSync('..1', join(tools, '..data'));
    symlinkSync('..data/a.ts', join(tools, 'a.ts'));
    const { seen, pass } = watched(t, folders);
    symlinkSync('..2', join(tools, '..next'));
    renameSync(join(tools, '..next'), join(tools, '..data'));
    assert.equal(readlinkSync(join(tools, '..data')), '..2');
    pass(1_000);
    assert.equal(seen.changes, 1);
  });

  test('sees neither what was installed nor what is hidden', (t) => {
    using folders = makeFolders();
    folders.write('a.ts', '1');
    const { seen, pass } = watched(t, folders);
    folders.write('node_modules/zod/index.js', '1');
    folders.write('.git/index', '1');
    folders.write('.a.ts.swp', '1');
    pass(LONG_MS);
    assert.equal(seen.changes, 0);
  });

  test('waits until an editor is done', (t) => {
    using folders = makeFolders();
    folders.write('a.ts', '1');
    const { seen, pass } = watched(t, folders);
    for (let step = 0; step < 6; step++) {
      folders.write('a.ts', 'x'.repeat(step + 2));
      pass(100);
    }
    assert.equal(seen.changes, 0);
    pass(500);
    assert.equal(seen.changes, 1);
  });

  test('does not wait for ever: what goes on changing is reported as it is', (t) => {
    using folders = makeFolders();
    folders.write('a.ts', '1');
    const { seen, pass } = watched(t, folders);
    // What time it is, is not the test's to say.
    const until = performance.now() + 2_500;
    for (let length = 2; performance.now() < until && seen.changes === 0; length++) {
      writeFileSync(join(folders.tools, 'a.ts'), 'x'.repeat(length));
      pass(200);
    }
    assert.equal(seen.changes, 1);
  });

  test('sees no more once it is disposed of', (t) => {
    using folders = makeFolders();
    folders.write('a.ts', '1');
    t.mock.timers.enable({ apis: ['setTimeout'] });
    let changes = 0;
    const watch = new Watch({ paths: [folders.tools], onChange: () => (changes += 1) });
    watch[Symbol.dispose]();
    folders.write('a.ts', '22');
    t.mock.timers.tick(LONG_MS);
    assert.equal(changes, 0);
  });

  test('finds one file among thousands within a second, of real time', {
    timeout: 20_000,
  }, async () => {
    using folders = makeFolders();
    for (let file = 0; file < 4_000; file++) folders.write(`${file % 50}/${file}.sql`, '1');
    const { promise, resolve } = Promise.withResolvers<number>();
    using _watch = new Watch({
      paths: [folders.tools],
      onChange: () => {
        resolve(performance.now());
      },
    });
    const changedAt = performance.now();
    folders.write('17/3017.sql', '2');
    const keepAlive = setInterval(() => undefined, 1_000);
    const tookMs = (await promise) - changedAt;
    clearInterval(keepAlive);
    // A loaded machine looks less often: it takes a twentieth of the time, and no more.
    assert.ok(tookMs < 8_000, `${tookMs} ms`);
  });
});
