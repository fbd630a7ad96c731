import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';

import {
  embeddedFilePath,
  embeddedPostgresUrl,
  findEmbeddedPostgres,
} from '../../src/shared/embedded-file.ts';

/** A state folder with that in it. */
function keep(text: string) {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-embedded-'));
  writeFileSync(embeddedFilePath(folder), text);
  return {
    folder,
    [Symbol.dispose]: () => {
      rmSync(folder, { recursive: true });
    },
  };
}

suite('the embedded Postgres', () => {
  test('is found where the state folder says that it was', () => {
    const postgres = { port: 5433, password: 'abc', pid: 1, more: {} };
    using kept = keep(JSON.stringify({ postgres, redis: { port: 1 } }));
    const url = findEmbeddedPostgres(kept.folder);
    assert.equal(url, 'postgresql://holdfast:abc@127.0.0.1:5433/postgres');
    assert.equal(url, embeddedPostgresUrl(postgres));
  });

  test('is not found where the file says anything else, and nothing is thrown', () => {
    for (const text of [
      '',
      'null',
      '[]',
      '{',
      '"postgres"',
      '{"redis":{"port":1}}',
      '{"postgres":null}',
      '{"postgres":{"port":"5433","password":"abc"}}',
      '{"postgres":{"port":5433}}',
    ]) {
      using kept = keep(text);
      assert.equal(findEmbeddedPostgres(kept.folder), undefined, text);
    }
  });

  test('is not found where there is no such folder or file', () => {
    assert.equal(findEmbeddedPostgres('/nowhere/at/all'), undefined);
    using kept = keep('');
    rmSync(embeddedFilePath(kept.folder));
    assert.equal(findEmbeddedPostgres(kept.folder), undefined);
    mkdirSync(embeddedFilePath(kept.folder));
    assert.equal(findEmbeddedPostgres(kept.folder), undefined);
  });
});
