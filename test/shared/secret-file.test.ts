import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';

import { Failure } from '../../src/shared/errors.ts';
import { readSecret } from '../../src/shared/secret-file.ts';

suite('a secret', () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-secret-'));
  after(() => {
    rmSync(folder, { recursive: true });
  });

  /** A file with a text in it. */
  function write(text: string): string {
    const path = join(folder, 'file');
    writeFileSync(path, text);
    return path;
  }

  test('is what its variable says', () => {
    assert.equal(readSecret({ KEY: 'a b' }, 'KEY'), 'a b');
  });

  test('is what is in the file that is named, without the line’s end', () => {
    for (const text of ['a b', 'a b\n', ' a b\r\n\n']) {
      assert.equal(readSecret({ KEY_FILE: write(text) }, 'KEY'), 'a b');
      assert.equal(readSecret({ KEY_FILE: write(text), KEY: '' }, 'KEY'), 'a b');
    }
  });

  test('is none where nothing is said, or nothing of this one', () => {
    for (const env of [{}, { KEY: '' }, { KEY: '', KEY_FILE: '' }, { OTHER: 'a' }]) {
      assert.equal(readSecret(env, 'KEY'), undefined);
    }
  });

  test('is refused where it is said twice, is nothing or cannot be read, and not repeated', () => {
    for (const [env, message] of [
      [{ KEY: 'hush', KEY_FILE: write('hush') }, 'KEY: is set, and KEY_FILE too'],
      [{ KEY_FILE: join(folder, 'none') }, 'KEY_FILE: cannot be read (ENOENT)'],
      [{ KEY_FILE: folder }, 'KEY_FILE: cannot be read (EISDIR)'],
    ] as const) {
      assert.throws(
        () => readSecret(env, 'KEY'),
        (thrown) => {
          assert.ok(thrown instanceof Failure);
          assert.deepEqual([thrown.code, thrown.message], ['invalid', message]);
          return true;
        },
      );
    }
    assert.throws(() => readSecret({ KEY_FILE: write(' \n') }, 'KEY'), {
      message: 'KEY_FILE: there is nothing in the file',
    });
  });
});
