import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import type { Client } from 'pg';

import { keepAuditParts } from '../../../src/worker/store/audit-parts.ts';
import { openClient } from '../../../src/worker/store/pool.ts';
import { statementOf } from '../../../src/worker/store/read-audit.ts';
import { openMigrated } from './migrated.ts';

const DAY_MS = 86_400_000;

async function partsOf(client: Client): Promise<readonly string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select inhrelid::regclass::text as name from pg_inherits
    where inhparent = 'holdfast.audit'::regclass order by name`,
  );
  return rows.map(({ name }) => name.replace('holdfast.', ''));
}

async function add(client: Client, at: number): Promise<void> {
  await client.query(
    `insert into holdfast.audit (at, kind, action, outcome) values ($1, 'call', 'x', 'ok')`,
    [new Date(at)],
  );
}

function partOf(at: number): string {
  return `audit_${new Date(at).toISOString().slice(0, 10).replaceAll('-', '')}`;
}

suite('the parts of the audit', () => {
  test('of today and three more days are made, with what was written for them before', async () => {
    await using migrated = await openMigrated();
    const { admin } = migrated;
    const now = Date.now();
    await add(admin, now);
    await keepAuditParts(30).run(admin);
    const days = [0, 1, 2, 3].map((ahead) => partOf(now + ahead * DAY_MS));
    assert.deepEqual(await partsOf(admin), [...days, 'audit_other']);
    const { rows } = await admin.query(
      'select relname as part from holdfast.audit join pg_class on pg_class.oid = audit.tableoid',
    );
    assert.deepEqual(rows, [{ part: partOf(now) }]);
    for (const change of ['delete from holdfast.audit', `truncate holdfast.${partOf(now)}`]) {
      await assert.rejects(admin.query(change), /only ever added to/);
    }
    await keepAuditParts(30).run(admin);
    assert.equal((await partsOf(admin)).length, 5);
  });

  test('that are older than asked for are dropped, and no others', async () => {
    await using migrated = await openMigrated();
    const { admin } = migrated;
    const now = Date.now();
    for (const age of [2, 3]) {
      const [from, to] = [age, age - 1].map((days) => {
        return new Date(now - days * DAY_MS).toISOString().slice(0, 10);
      });
      await admin.query(
        `create table holdfast.${partOf(now - age * DAY_MS)} partition of holdfast.audit
        for values from ('${from}T00:00Z') to ('${to}T00:00Z')`,
      );
    }
    await keepAuditParts(2).run(admin);
    const parts = await partsOf(admin);
    assert.ok(parts.includes(partOf(now - 2 * DAY_MS)));
    assert.ok(!parts.includes(partOf(now - 3 * DAY_MS)));
  });

  test('are made while others write, and no row is refused or lost', async () => {
    await using migrated = await openMigrated();
    const writer = await openClient(migrated.url);
    let count = 0;
    try {
      const done = new AbortController();
      const writing = (async () => {
        while (!done.signal.aborted) {
          await add(writer, Date.now());
          count += 1;
        }
      })();
      await keepAuditParts(30).run(migrated.admin);
      done.abort();
      await writing;
    } finally {
      await writer.end();
    }
    const { rows } = await migrated.admin.query('select count(*)::int from holdfast.audit');
    assert.deepEqual(rows, [{ count }]);
  });

  test('of other days than those asked for are not read', async () => {
    await using migrated = await openMigrated();
    const { admin } = migrated;
    const now = Date.now();
    await keepAuditParts(30).run(admin);
    const { statement, values } = statementOf({
      since: new Date(now),
      until: new Date(now + 1),
      who: 'ann',
      limit: 10,
    });
    const { rows } = await admin.query(`explain (format text) ${statement.text}`, [...values]);
    const plan = JSON.stringify(rows);
    assert.match(plan, new RegExp(partOf(now)));
    for (const ahead of [1, 2, 3]) {
      assert.doesNotMatch(plan, new RegExp(partOf(now + ahead * DAY_MS)));
    }
  });
});
