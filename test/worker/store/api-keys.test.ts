import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { keepSecret, makeApiKey } from '../../../src/worker/auth/api-key.ts';
import {
  ApiKeys,
  createKey,
  expireKey,
  hasKeys,
  revokeKey,
} from '../../../src/worker/store/api-keys.ts';
import { isFailure } from './failures.ts';
import { type Migrated, openMigrated } from './migrated.ts';
import { openWay } from './way.ts';

const DAY_MS = 86_400_000;

async function add({ admin }: Migrated, more: { scopes?: string[]; expiresAt?: Date } = {}) {
  const { id, secret } = makeApiKey();
  const key = { id, principal: 'ann', scopes: undefined, expiresAt: undefined, ...more };
  const kept = { ...key, ...keepSecret(secret) };
  await createKey(admin, kept);
  return kept;
}

suite('API keys in Postgres', () => {
  test('are found as they were made, and one that never was is not', async () => {
    await using migrated = await openMigrated();
    const keys = new ApiKeys(await migrated.pool());
    assert.equal(await hasKeys(migrated.admin), false);
    const expiresAt = new Date(Date.now() + DAY_MS);
    const made = [
      await add(migrated),
      await add(migrated, { scopes: [], expiresAt }),
      await add(migrated, { scopes: ['notes', 'a,b {c} "d"'] }),
    ];
    for (const kept of made) {
      // oxlint-disable-next-line no-await-in-loop -- three of them
      const found = await keys.find(kept.id);
      assert.ok(found);
      const { createdAt, ...rest } = found;
      assert.deepEqual(rest, { ...kept, revokedAt: undefined, lastUsedAt: undefined });
      assert.ok(createdAt instanceof Date);
    }
    for (const id of ['', 'AAAAAAAAAAAA', `${made[0]?.id} `, made[0]?.id.slice(1) ?? '']) {
      // oxlint-disable-next-line no-await-in-loop -- four of them
      assert.equal(await keys.find(id), undefined);
    }
    assert.equal(await hasKeys(migrated.admin), true);
    const listed = await keys.list();
    assert.deepEqual(
      listed.map(({ id }) => id),
      made.map(({ id }) => id),
    );
  });

  test('are told of as changed when they are made, revoked or cut short, and not long after', async () => {
    await using migrated = await openMigrated();
    const { admin } = migrated;
    const keys = new ApiKeys(await migrated.pool());
    const [made, revoked, expiring, old] = [
      await add(migrated),
      await add(migrated),
      await add(migrated),
      await add(migrated),
    ];
    const age = "update holdfast.api_keys set changed_at = now() - interval '1 hour' where id = ";
    for (const { id } of [revoked, expiring, old]) await admin.query(`${age}$1`, [id]);
    await revokeKey(admin, revoked.id);
    await expireKey(admin, expiring.id, DAY_MS);
    const changed = await keys.findChanged(60_000);
    assert.deepEqual(
      new Set(changed.map(({ id }) => id)),
      new Set([made.id, revoked.id, expiring.id]),
    );
    assert.equal((await keys.findChanged(2 * 3_600_000)).length, 4);
  });

  test('stay revoked since they were, and are not cut short after', async () => {
    await using migrated = await openMigrated();
    const keys = new ApiKeys(await migrated.pool());
    const { id } = await add(migrated);
    assert.equal(await revokeKey(migrated.admin, id), true);
    const first = (await keys.find(id))?.revokedAt;
    assert.ok(first);
    assert.equal(await revokeKey(migrated.admin, id), true);
    assert.deepEqual((await keys.find(id))?.revokedAt, first);
    assert.equal(await expireKey(migrated.admin, id, DAY_MS), undefined);
    assert.equal(await revokeKey(migrated.admin, 'AAAAAAAAAAAA'), false);
    assert.equal(await expireKey(migrated.admin, 'AAAAAAAAAAAA', DAY_MS), undefined);
  });

  test('are only ever given less time, and never more, and not when it is over', async () => {
    await using migrated = await openMigrated();
    const keys = new ApiKeys(await migrated.pool());
    const endless = await add(migrated);
    const before = await expireKey(migrated.admin, endless.id, DAY_MS);
    assert.deepEqual([before?.id, before?.expiresAt], [endless.id, undefined]);
    const leftMs = ((await keys.find(endless.id))?.expiresAt?.getTime() ?? 0) - Date.now();
    assert.ok(Math.abs(leftMs - DAY_MS) < 60_000, `${leftMs} ms are left`);
    const expiresAt = new Date(Date.now() + 60_000);
    const short = await add(migrated, { expiresAt });
    assert.deepEqual((await expireKey(migrated.admin, short.id, DAY_MS))?.expiresAt, expiresAt);
    assert.deepEqual((await keys.find(short.id))?.expiresAt, expiresAt);
    const over = await add(migrated, { expiresAt: new Date(Date.now() - 60_000) });
    assert.equal(await expireKey(migrated.admin, over.id, DAY_MS), undefined);
  });

  test('are noted to have been used, once a minute, which is no change to them', async () => {
    await using migrated = await openMigrated();
    const keys = new ApiKeys(await migrated.pool());
    const [used, unused] = [await add(migrated), await add(migrated)];
    await migrated.admin.query(
      "update holdfast.api_keys set changed_at = now() - interval '1 hour'",
    );
    await keys.noteUsed([used.id, 'AAAAAAAAAAAA']);
    const first = (await keys.find(used.id))?.lastUsedAt;
    assert.ok(first);
    await keys.noteUsed([used.id]);
    assert.deepEqual((await keys.find(used.id))?.lastUsedAt, first);
    assert.equal((await keys.find(unused.id))?.lastUsedAt, undefined);
    assert.deepEqual(await keys.findChanged(60_000), []);
  });

  test('cannot be two with one id, and have whole salts and hashes', async () => {
    await using migrated = await openMigrated();
    const kept = await add(migrated);
    await assert.rejects(createKey(migrated.admin, kept), { code: '23505' });
    const { id } = makeApiKey();
    for (const part of ['salt', 'hash']) {
      const short = { ...kept, id, [part]: Buffer.alloc(31) };
      // oxlint-disable-next-line no-await-in-loop -- one connection
      await assert.rejects(createKey(migrated.admin, short), { code: '23514' });
    }
  });

  test('cannot be looked up while Postgres is away, and that is said', async () => {
    await using migrated = await openMigrated();
    const way = await openWay(migrated.url);
    const keys = new ApiKeys(await migrated.pool(way.url));
    const { id } = await add(migrated);
    assert.equal((await keys.find(id))?.id, id);
    await way[Symbol.asyncDispose]();
    await assert.rejects(keys.find(id), isFailure('unavailable'));
    await assert.rejects(keys.findChanged(1_000), isFailure('unavailable'));
  });
});
