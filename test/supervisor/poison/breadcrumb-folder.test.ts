import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';

import {
  BREADCRUMB_BYTES,
  BREADCRUMBS_MAX,
  encodeBreadcrumb,
} from '../../../src/shared/breadcrumb.ts';
import {
  breadcrumbFile,
  breadcrumbFolders,
  openBreadcrumbFolder,
  readBreadcrumbs,
  removeBreadcrumbs,
} from '../../../src/supervisor/poison/breadcrumb-folder.ts';

const outer = mkdtempSync(join(tmpdir(), 'holdfast-'));
after(() => {
  rmSync(outer, { recursive: true });
});
const breadcrumb = { tool: 'paint', fingerprint: '00112233aabbccdd', startedAt: 1 };

suite('the folder of breadcrumbs', () => {
  test('is in memory, else beside the state, and another for each state folder', () => {
    const [inMemory, beside] = breadcrumbFolders('/var/lib/holdfast');
    assert.match(inMemory, /^\/dev\/shm\/holdfast-[0-9a-f]{12}$/);
    assert.equal(beside, '/var/lib/holdfast/breadcrumbs');
    assert.notEqual(breadcrumbFolders('/elsewhere')[0], inMemory);
  });

  test('is ours alone, and empty', () => {
    const folder = join(outer, 'ours');
    mkdirSync(folder, { mode: 0o700 });
    writeFileSync(join(folder, '0-1'), 'of an earlier supervisor');
    assert.equal(openBreadcrumbFolder([folder]), folder);
    assert.equal(existsSync(join(folder, '0-1')), false);
    assert.equal(statSync(folder).mode & 0o777, 0o700);
  });

  for (const [what, lay] of [
    ['is open to others', (path: string) => (mkdirSync(path), chmodSync(path, 0o777))],
    ['is a link', (path: string) => symlinkSync(tmpdir(), path)],
    ['is a file', (path: string) => writeFileSync(path, '')],
    ['lies in no folder', () => undefined],
  ] as const) {
    test(`is another if the first ${what}`, () => {
      const name = what.replaceAll(' ', '-');
      const first = join(outer, lay.length === 0 ? 'nowhere' : '', name);
      lay(first);
      const second = join(outer, `${name}-second`);
      assert.equal(openBreadcrumbFolder([first, second]), second);
      assert.equal(openBreadcrumbFolder([first]), undefined);
    });
  }
});

suite('breadcrumbs of a worker that ended', () => {
  test('are read, and removed', () => {
    const path = breadcrumbFile(outer, 2, 7);
    assert.equal(path, join(outer, '2-7'));
    writeFileSync(path, encodeBreadcrumb(breadcrumb));
    assert.deepEqual(readBreadcrumbs(path), [
      { tool: 'paint', fingerprint: breadcrumb.fingerprint },
    ]);
    removeBreadcrumbs(path);
    removeBreadcrumbs(path);
    assert.equal(existsSync(path), false);
  });

  test('are none if there is no file, or something else', () => {
    assert.deepEqual(readBreadcrumbs(join(outer, 'absent')), []);
    assert.deepEqual(readBreadcrumbs(outer), []);
    removeBreadcrumbs(outer);
    assert.ok(existsSync(outer));
  });

  test('are read no further than they may reach', () => {
    const path = join(outer, 'long');
    const beyond = Buffer.concat([
      Buffer.alloc(BREADCRUMB_BYTES * BREADCRUMBS_MAX),
      encodeBreadcrumb(breadcrumb),
    ]);
    writeFileSync(path, beyond);
    assert.deepEqual(readBreadcrumbs(path), []);
  });
});
