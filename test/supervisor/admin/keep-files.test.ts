import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, suite, test } from 'node:test';

import { silent } from '../../../src/shared/logger.ts';
import { keepAdminToken } from '../../../src/supervisor/admin/keep-files.ts';
import { recordLog } from '../../worker/recorded-log.ts';

suite("the operators' token", () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'holdfast-token-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  test('is the one that was given, and then it is written nowhere', () => {
    assert.equal(keepAdminToken(folder, 'given', silent), 'given');
    assert.throws(() => statSync(join(folder, 'admin-token')), { code: 'ENOENT' });
  });

  test('is made if there is none, for its owner alone, and stays the same', () => {
    const token = keepAdminToken(folder, undefined, silent);
    assert.match(token, /^[\w-]{43}$/);
    const path = join(folder, 'admin-token');
    assert.equal(readFileSync(path, 'utf8'), `${token}\n`);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.equal(keepAdminToken(folder, undefined, silent), token);
  });

  test('is closed to others again if somebody opened it', () => {
    const path = join(folder, 'admin-token');
    writeFileSync(path, 'known\n', { mode: 0o644 });
    assert.equal(keepAdminToken(folder, undefined, silent), 'known');
    assert.equal(statSync(path).mode & 0o777, 0o600);
  });

  test('that cannot be written is still needed, and costs a warning', () => {
    const { log, lines } = recordLog();
    const token = keepAdminToken('/nowhere/at/all', undefined, log);
    assert.ok(token.length > 40);
    assert.equal(lines[0]?.message, 'admin token cannot be kept');
  });
});
