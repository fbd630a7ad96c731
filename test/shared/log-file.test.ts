import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';

import { LogFile, rotateLogFile } from '../../src/shared/log-file.ts';

function temporaryFile(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-log-'));
  t.after(() => {
    rmSync(folder, { recursive: true });
  });
  return join(folder, 'log');
}

suite('log file', () => {
  test('is left alone while it is small, or not there', (t) => {
    const path = temporaryFile(t);
    assert.equal(rotateLogFile(path, 10), false);
    writeFileSync(path, '0123456789');
    assert.equal(rotateLogFile(path, 10), false);
  });

  test('is moved aside when it is large, and four older ones are kept', (t) => {
    const path = temporaryFile(t);
    for (const text of ['a', 'b', 'c', 'd', 'e', 'f']) {
      writeFileSync(path, text.repeat(11));
      assert.equal(rotateLogFile(path, 10), true);
    }
    assert.deepEqual(
      [1, 2, 3, 4].map((age) => readFileSync(`${path}.${age}`, 'utf8')[0]),
      ['f', 'e', 'd', 'c'],
    );
    assert.equal(existsSync(`${path}.5`), false);
    assert.equal(existsSync(path), false);
  });

  test('says whether it took what is appended', (t) => {
    const path = temporaryFile(t);
    assert.equal(new LogFile(path).append(Buffer.from('one\ntwo\n')), true);
    assert.equal(readFileSync(path, 'utf8'), 'one\ntwo\n');
    // Every write to this device fails as on a disk without space.
    assert.equal(new LogFile('/dev/full').append(Buffer.from('one\n')), false);
  });

  test('loses no line to a rotation: what comes before reopening goes to the old one', (t) => {
    const path = temporaryFile(t);
    const file = new LogFile(path);
    file.write('one\n');
    rotateLogFile(path, 1);
    file.write('two\n');
    file.reopen();
    file.write('three\n');
    assert.equal(readFileSync(`${path}.1`, 'utf8'), 'one\ntwo\n');
    assert.equal(readFileSync(path, 'utf8'), 'three\n');
  });
});
