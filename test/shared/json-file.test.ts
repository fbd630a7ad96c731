import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';

import { readJsonFile, writeJsonFile } from '../../src/shared/json-file.ts';

function pathFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-json-file-'));
  t.after(() => {
    rmSync(folder, { recursive: true });
  });
  return join(folder, 'below/a.json');
}

suite('a file of JSON', () => {
  test('is read as it was written, by its owner alone, and leaves nothing beside it', (t) => {
    const path = pathFor(t);
    for (const content of [{ a: 1 }, { a: [2] }]) {
      writeJsonFile(path, content);
      assert.deepEqual(readJsonFile(path), content);
    }
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.deepEqual(readdirSync(join(path, '..')), ['a.json']);
  });

  test('is nothing where there is none, or half of it, or what is no file, until it is written', (t) => {
    const path = pathFor(t);
    assert.equal(readJsonFile(path), undefined);
    mkdirSync(join(path, '..'));
    for (const spoil of [
      () => {
        writeFileSync(path, '');
      },
      () => {
        writeFileSync(path, '{"a":');
      },
      () => {
        mkdirSync(join(path, 'inner'), { recursive: true });
      },
      () => {
        execFileSync('mkfifo', [path]);
      },
    ]) {
      rmSync(path, { recursive: true, force: true });
      spoil();
      assert.equal(readJsonFile(path), undefined);
      writeJsonFile(path, { a: 1 });
      assert.deepEqual(readJsonFile(path), { a: 1 });
    }
  });
});
