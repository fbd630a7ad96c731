import assert from 'node:assert/strict';
import { mkdtempDisposableSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';

import { silent } from '../../src/shared/logger.ts';
import { parseApiKey } from '../../src/worker/auth/api-key.ts';
import { bootstrapKey } from '../../src/worker/bootstrap-key.ts';
import { openMigrated } from './store/migrated.ts';

suite('the first key', () => {
  test('is made once, and it is in the audit that it was', async () => {
    await using migrated = await openMigrated();
    using folder = mkdtempDisposableSync(join(tmpdir(), 'holdfast-key-'));
    const path = join(folder.path, 'key');
    await bootstrapKey(migrated.admin, path, silent);
    await bootstrapKey(migrated.admin, path, silent);
    const id = parseApiKey(readFileSync(path, 'utf8').trim())?.id;
    const { rows } = await migrated.admin.query(
      'select kind, action, subject, outcome from holdfast.audit',
    );
    const act = { kind: 'administration', action: 'token create', outcome: 'ok' };
    assert.deepEqual(rows, [{ ...act, subject: id }]);
  });

  test('is not made where it cannot be written down that it was', async () => {
    await using migrated = await openMigrated();
    using folder = mkdtempDisposableSync(join(tmpdir(), 'holdfast-key-'));
    await migrated.admin.query('alter table holdfast.audit rename to elsewhere');
    await assert.rejects(bootstrapKey(migrated.admin, join(folder.path, 'key'), silent));
    await migrated.admin.query('rollback');
    assert.equal((await migrated.admin.query('select from holdfast.api_keys')).rowCount, 0);
  });
});
