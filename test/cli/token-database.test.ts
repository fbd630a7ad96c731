import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';

import { createDatabase } from '../postgres.ts';
import { openMigrated } from '../worker/store/migrated.ts';
import { create, keysOf, token } from './token-typed.ts';
import { type } from './typed.ts';

suite('holdfast token', () => {
  test('does nothing where it cannot be written down that it did, and shows no key', async () => {
    await using migrated = await openMigrated();
    const { id } = await create(migrated, 'ann');
    const before = await keysOf(migrated);
    await migrated.admin.query('alter table holdfast.audit rename to elsewhere');
    for (const args of [
      ['create', 'ben'],
      ['revoke', id],
      ['rotate', id],
    ]) {
      const { code, stdout, stderr } = await token(migrated.url, ...args);
      assert.deepEqual([code, stdout], [4, '']);
      assert.match(stderr, /^holdfast: The database is of an older version than this command\. /);
    }
    assert.deepEqual(await keysOf(migrated), before);
  });

  test('says in one line where Postgres does not let it in (3), or is not there (4)', async () => {
    await using migrated = await openMigrated();
    const at = (change: (url: URL) => void): string => {
      const url = new URL(migrated.url);
      change(url);
      return url.href;
    };
    const password = 'a-wrong-password';
    const refused = await token(
      at((url) => {
        url.username = 'nobody';
        url.password = password;
      }),
      'list',
    );
    assert.deepEqual([refused.code, refused.stdout], [3, '']);
    assert.match(refused.stderr, /^holdfast: Postgres at [^\n]+ refuses us \(28\w+\)\. [^\n]+\n$/);
    assert.ok(!refused.stderr.includes(password));
    const noDatabase = await token(
      at((url) => (url.pathname = '/no_such_database')),
      'list',
    );
    assert.equal(noDatabase.code, 3);
    const away = await token(
      at((url) => (url.port = '1')),
      'list',
    );
    assert.deepEqual([away.code, away.stdout], [4, '']);
    assert.match(
      away.stderr,
      /^holdfast: Postgres at [^\n]+ cannot be reached \(ECONNREFUSED\)\. /,
    );
  });

  test('says in one line that its user may look and not touch (3)', async () => {
    await using migrated = await openMigrated();
    const { admin, url } = migrated;
    const reader = `reader_${randomBytes(6).toString('hex')}`;
    await admin.query(`create role ${reader} login password 'reads'`);
    await using opened = new AsyncDisposableStack();
    opened.defer(async () => {
      await admin.query(`drop owned by ${reader}`);
      await admin.query(`drop role ${reader}`);
    });
    await admin.query(`grant usage on schema holdfast to ${reader}`);
    await admin.query(`grant select on all tables in schema holdfast to ${reader}`);
    const asReader = Object.assign(new URL(url), { username: reader, password: 'reads' }).href;
    assert.equal((await token(asReader, 'list')).code, 0);
    const { code, stdout, stderr } = await token(asReader, 'create', 'ann');
    assert.deepEqual([code, stdout], [3, '']);
    assert.match(
      stderr,
      /^holdfast: Postgres does not let this user do that \(42501\)\. [^\n]+\n$/,
    );
    assert.deepEqual(await keysOf(migrated), []);
  });

  test('says what is wrong with a URL that is none, and does not repeat it', async () => {
    for (const url of [
      'nonsense-secret',
      'mysql://u:secret@127.0.0.1/d',
      'postgresql://[secret/',
    ]) {
      const { code, stdout, stderr } = await token(url, 'list');
      assert.deepEqual([code, stdout], [1, ''], stderr);
      assert.match(stderr, /^holdfast: DATABASE_URL: [^\n]+\n$/);
      assert.ok(!stderr.includes('secret'));
    }
  });

  test('says what to do where no database is to be found, or no Holdfast was at work in it', async () => {
    const nowhere = await token(undefined, 'list');
    assert.deepEqual([nowhere.code, nowhere.stdout], [1, '']);
    assert.match(nowhere.stderr, /^holdfast: There is no database to be found\. Set DATABASE_URL/);
    await using empty = await createDatabase();
    const untouched = await token(empty.url, 'create', 'ann');
    assert.deepEqual([untouched.code, untouched.stdout], [1, '']);
    assert.match(
      untouched.stderr,
      /^holdfast: No Holdfast has been at work in [^\n]+Start it once/,
    );
  });

  test('finds a database by a file that holds its URL, and the embedded one by the state folder', async () => {
    await using migrated = await openMigrated();
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-token-'));
    try {
      const path = join(folder, 'url');
      writeFileSync(path, `${migrated.url}\n`);
      const byFile = await type({ DATABASE_URL_FILE: path }, 'token', 'list');
      assert.deepEqual([byFile.code, byFile.stdout], [0, '[]\n'], byFile.stderr);
      writeFileSync(path, '\n');
      const byNone = await type({ DATABASE_URL_FILE: path }, 'token', 'list');
      assert.deepEqual([byNone.code, byNone.stdout], [1, '']);
      assert.match(byNone.stderr, /^holdfast: DATABASE_URL_FILE: /);

      // Nobody listens at port 1: that it is asked for there shows that the file was read.
      const servers = { postgres: { port: 1, password: 'embedded-secret' } };
      writeFileSync(join(folder, 'embedded.json'), JSON.stringify(servers));
      const embedded = await type({ MCP_STATE_DIR: folder }, 'token', 'list');
      assert.equal(embedded.code, 4);
      assert.match(embedded.stderr, /^holdfast: Postgres at 127\.0\.0\.1:1\/postgres cannot be/);
      assert.ok(!embedded.stderr.includes('embedded-secret'));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
