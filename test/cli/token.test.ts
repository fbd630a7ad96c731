import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { suite, test } from 'node:test';

import { isSecret, parseApiKey } from '../../src/worker/auth/api-key.ts';
import { type Migrated, openMigrated } from '../worker/store/migrated.ts';
import { create, keysOf, token } from './token-typed.ts';
import { type Ran, typeInTerminal } from './typed.ts';

const BIN = join(import.meta.dirname, '../../bin/holdfast.js');
const DAY_MS = 86_400_000;
/** Our clock and that of Postgres, and the time that a command takes. */
const INEXACT_MS = 60_000;

async function auditOf({ admin }: Migrated): Promise<readonly unknown[]> {
  const { rows } = await admin.query(
    'select kind, who, action, subject, outcome from holdfast.audit order by at',
  );
  return rows;
}

function acted(action: string, subject: string) {
  return { kind: 'administration', who: null, action, subject, outcome: 'ok' };
}

function assertAbout(time: Date, expectedMs: number): void {
  const offMs = Math.abs(time.getTime() - expectedMs);
  assert.ok(offMs < INEXACT_MS, `${time.toISOString()} is ${offMs} ms off`);
}

suite('holdfast token create', () => {
  test('prints a key and nothing else, says on stderr what it is, and writes down that it did', async () => {
    await using migrated = await openMigrated();
    const { id, secret, text, stderr } = await create(migrated, 'ann');
    const said = `Key ${id} of ann, for everything, until it is revoked. It is not shown again.\n`;
    assert.equal(stderr, said);
    assert.ok(!stderr.includes(secret));
    const [kept, ...others] = await keysOf(migrated);
    assert.deepEqual(others, []);
    assert.deepEqual([kept.id, kept.principal, kept.scopes], [id, 'ann', null]);
    assert.deepEqual([kept.expires_at, kept.revoked_at, kept.last_used_at], [null, null, null]);
    assert.ok(isSecret(secret, kept));
    assert.ok(!JSON.stringify(kept).includes(secret));
    assert.deepEqual(await auditOf(migrated), [acted('token create', id)]);
    assert.ok(!JSON.stringify(await auditOf(migrated)).includes(text));
  });

  test('makes one for some things and for some time', async () => {
    await using migrated = await openMigrated();
    const scopes = ['--scope', 'notes', 'parts:read', '--expires', '90d'];
    const { stderr } = await create(migrated, 'ann', ...scopes);
    assert.match(stderr, /^Key \w+ of ann, for notes, parts:read, until \d{4}-\d\d-\d\dT/);
    const [kept] = await keysOf(migrated);
    assert.deepEqual(kept.scopes, ['notes', 'parts:read']);
    assertAbout(kept.expires_at, Date.now() + 90 * DAY_MS);
  });

  test('makes one for the file of the first key without any database', async () => {
    const { code, stdout, stderr } = await token(undefined, 'create', 'bootstrap', '--offline');
    assert.equal(code, 0);
    assert.ok(parseApiKey(stdout.trimEnd()));
    assert.match(stderr, /MCP_BOOTSTRAP_TOKEN_FILE/);
  });

  test('refuses names that nobody could tell apart, and durations that are none, and makes nothing', async () => {
    await using migrated = await openMigrated();
    for (const args of [
      [],
      [''],
      ['ann\u001b[31m'],
      ['ann bell'],
      ['käthe'],
      ['"ann"'],
      ['a'.repeat(101)],
      ['ann', 'ben'],
      ['ann', '--scope', 'a b'],
      ['ann', '--scope'],
      ['ann', '--expires', '90'],
      ['ann', '--expires', '0d'],
      ['ann', '--expires', '-1d'],
      ['ann', '--expires', '999999999d'],
      ['ann', '--offline', '--expires', '1y'],
      ['ann', '--bogus'],
    ]) {
      const { code, stdout, stderr } = await token(migrated.url, 'create', ...args);
      assert.deepEqual([code, stdout], [1, ''], args.join(' '));
      assert.match(stderr, /^holdfast: /);
      assert.ok(!stderr.includes('\u001b'));
    }
    assert.deepEqual(await keysOf(migrated), []);
    assert.deepEqual(await auditOf(migrated), []);
  });
});

suite('holdfast token list', () => {
  test('prints one JSON document for a program, in which no salt, hash or secret is', async () => {
    await using migrated = await openMigrated();
    const ann = await create(migrated, 'ann', '--scope', 'notes');
    const ben = await create(migrated, 'ben', '--expires', '1h');
    await token(migrated.url, 'revoke', ann.id);
    await migrated.admin.query(
      "update holdfast.api_keys set expires_at = now() - interval '1 hour' where id = $1",
      [ben.id],
    );
    const { code, stdout, stderr } = await token(migrated.url, 'list');
    assert.deepEqual([code, stderr], [0, '']);
    const listed = JSON.parse(stdout);
    assert.deepEqual(
      listed.map((key: Record<string, unknown>) => [key.id, key.principal, key.state, key.scopes]),
      [
        [ann.id, 'ann', 'revoked', ['notes']],
        [ben.id, 'ben', 'expired', undefined],
      ],
    );
    assert.deepEqual(
      new Set(listed.flatMap(Object.keys)),
      new Set(['id', 'principal', 'scopes', 'createdAt', 'expiresAt', 'revokedAt', 'state']),
    );
    assertNoSecret(stdout, await keysOf(migrated), [ann.secret, ben.secret]);
  });

  test('shows a table on a terminal, and JSON if asked', async (t) => {
    if (spawnSync('script', ['--version']).status !== 0) {
      t.skip('there is no script(1) to make a terminal');
      return;
    }
    await using migrated = await openMigrated();
    const { id, secret } = await create(migrated, 'ann');
    const inTerminal = (options = ''): Promise<Ran> => {
      const command = `stty columns 200; "${process.execPath}" "${BIN}" token list ${options}`;
      const env = { DATABASE_URL: migrated.url, TERM: 'xterm', NO_COLOR: '1' };
      return typeInTerminal(command, env);
    };
    const { stdout } = await inTerminal();
    const [heading = '', row = ''] = stdout.split('\r\n');
    assert.match(heading, /^ID +PRINCIPAL +STATE +CREATED +EXPIRES +LAST USED +SCOPES$/);
    assert.match(row, new RegExp(`^${id} +ann +good +\\d{4}\\S+ \\d\\d:\\d\\d +– +– +everything$`));
    assertNoSecret(stdout, await keysOf(migrated), [secret]);
    assert.equal(JSON.parse((await inTerminal('--json')).stdout)[0].id, id);
  });
});

/** Neither what was shown once, nor what is kept of it, in whatever way bytes are written. */
function assertNoSecret(
  text: string,
  kept: readonly { readonly salt: Buffer; readonly hash: Buffer }[],
  secrets: readonly string[],
): void {
  const bytes = kept.flatMap(({ salt, hash }) => [salt, hash]);
  const written = (['hex', 'base64', 'base64url'] as const).flatMap((encoding) =>
    bytes.map((each) => each.toString(encoding)),
  );
  for (const secret of [...secrets, ...written]) assert.ok(!text.includes(secret));
  assert.ok(!text.includes('"Buffer"'));
}

suite('holdfast token revoke', () => {
  test('makes a key useless for ever, once, and no other', async () => {
    await using migrated = await openMigrated();
    const { id } = await create(migrated, 'ann');
    const other = await create(migrated, 'ann');
    const revoked = await token(migrated.url, 'revoke', id);
    const stderr = `Key ${id} is revoked. Workers know of it within 5 s.\n`;
    assert.deepEqual(revoked, { code: 0, stdout: '', stderr });
    const [kept] = await keysOf(migrated);
    assertAbout(kept.revoked_at, Date.now());
    await token(migrated.url, 'revoke', id);
    const [again, untouched] = await keysOf(migrated);
    assert.deepEqual(again.revoked_at, kept.revoked_at);
    assert.deepEqual([untouched.id, untouched.revoked_at], [other.id, null]);
    assert.deepEqual((await auditOf(migrated)).slice(2), [
      acted('token revoke', id),
      acted('token revoke', id),
    ]);
  });

  test('says so where there is no such key, and writes nothing down', async () => {
    await using migrated = await openMigrated();
    for (const id of ['AAAAAAAAAAAA', '', "'; drop table holdfast.api_keys; --", '\u001b[2J']) {
      const { code, stdout, stderr } = await token(migrated.url, 'revoke', id);
      assert.deepEqual([code, stdout], [1, '']);
      assert.match(stderr, /^holdfast: There is no key .* that could be changed\.\n$/);
      assert.ok(!stderr.includes('\u001b'));
    }
    assert.deepEqual(await auditOf(migrated), []);
  });
});

suite('holdfast token rotate', () => {
  test('makes one that may do the same, and lets the other go on for its grace', async () => {
    await using migrated = await openMigrated();
    const old = await create(migrated, 'ann', '--scope', 'notes', 'parts');
    const { code, stdout, stderr } = await token(migrated.url, 'rotate', old.id, '--grace', '2h');
    assert.equal(code, 0, stderr);
    const fresh = parseApiKey(stdout.trimEnd());
    assert.ok(fresh);
    assert.match(stderr, new RegExp(`^Key ${fresh.id} of ann takes the place of ${old.id}, which`));
    assert.ok(!stderr.includes(fresh.secret));
    const [first, second] = await keysOf(migrated);
    assert.deepEqual([first.id, second.id], [old.id, fresh.id]);
    assertAbout(first.expires_at, Date.now() + DAY_MS / 12);
    assert.deepEqual([second.principal, second.scopes], ['ann', ['notes', 'parts']]);
    assert.equal(second.expires_at, null);
    assert.deepEqual((await auditOf(migrated)).slice(1), [acted('token rotate', old.id)]);
  });

  test('gives a day if no grace is named, and no more than the key had anyway', async () => {
    await using migrated = await openMigrated();
    const long = await create(migrated, 'ann');
    const short = await create(migrated, 'ann', '--expires', '1h');
    for (const { id } of [long, short]) {
      assert.equal((await token(migrated.url, 'rotate', id)).code, 0);
    }
    const [first, second, ofFirst, ofSecond] = await keysOf(migrated);
    assertAbout(first.expires_at, Date.now() + DAY_MS);
    assertAbout(second.expires_at, Date.now() + DAY_MS / 24);
    // What takes its place is good for as long as it was to be.
    assert.equal(ofFirst.expires_at, null);
    assertAbout(ofSecond.expires_at, Date.now() + DAY_MS / 24);
  });

  test('refuses a key that is revoked or unknown, and a grace that is no duration, and makes none', async () => {
    await using migrated = await openMigrated();
    const { id } = await create(migrated, 'ann');
    await token(migrated.url, 'revoke', id);
    const before = [await keysOf(migrated), await auditOf(migrated)];
    for (const args of [[id], ['AAAAAAAAAAAA'], [id, '--grace', 'soon']]) {
      const { code, stdout, stderr } = await token(migrated.url, 'rotate', ...args);
      assert.deepEqual([code, stdout], [1, '']);
      assert.match(stderr, /^holdfast: /);
    }
    assert.deepEqual([await keysOf(migrated), await auditOf(migrated)], before);
  });
});
