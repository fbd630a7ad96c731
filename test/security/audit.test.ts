/** That it stays known who did what. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { hashOfArguments } from '../../src/shared/fingerprint.ts';
import { silent } from '../../src/shared/logger.ts';
import type { AuditEntry } from '../../src/worker/domain/audit.ts';
import { recordAdministration } from '../../src/worker/store/administration.ts';
import { StoredAudit } from '../../src/worker/store/audit.ts';
import { readAudit } from '../../src/worker/store/read-audit.ts';
import { FaultProxy } from '../support/fault-proxy.ts';
import { recordLog } from '../worker/recorded-log.ts';
import { type Migrated, openMigrated } from '../worker/store/migrated.ts';

const CALL: AuditEntry = {
  kind: 'call',
  who: 'ann',
  address: '192.0.2.1',
  action: 'tools/call',
  subject: 'echo',
  argumentsHash: hashOfArguments({ password: 'hunter2' }),
  outcome: 'ok',
  durationMs: 1.5,
};

const failOnLost = (): never => assert.fail('Nothing is to be lost');
let migrated: Migrated;
before(async () => {
  migrated = await openMigrated();
});
after(() => migrated[Symbol.asyncDispose]());

async function countOf(who: string): Promise<number> {
  const { rows } = await migrated.admin.query<{ count: number }>(
    'select count(*)::int as count from holdfast.audit where who = $1',
    [who],
  );
  return rows[0]?.count ?? 0;
}

test('of a call it is kept who made it, when, with which arguments, and what came of it (S64)', async () => {
  const pool = await migrated.pool();
  const since = new Date();
  {
    await using audit = new StoredAudit({
      pool,
      worker: 'worker-1',
      log: silent,
      onLost: failOnLost,
    });
    audit.record(CALL);
    audit.record({ ...CALL, who: undefined, kind: 'refusal', outcome: 'unauthorized' });
  }
  await recordAdministration(migrated.admin, { action: 'token revoke', subject: 'key' });
  const found = await readAudit(migrated.admin, {
    since,
    until: new Date(Date.now() + 1_000),
    limit: 10,
  });
  assert.deepEqual(
    found.map(({ kind, who, outcome, action }) => [kind, who, outcome, action]),
    [
      ['call', 'ann', 'ok', 'tools/call'],
      ['refusal', null, 'unauthorized', 'tools/call'],
      ['administration', null, 'ok', 'token revoke'],
    ],
  );
  assert.equal(found[0]?.argumentsHash, CALL.argumentsHash);
  assert.equal(found[0]?.worker, 'worker-1');
  assert.ok(Math.abs(Date.parse(found[0].at) - since.getTime()) < 5_000);
  assert.doesNotMatch(JSON.stringify(found), /hunter2/);
});

test('what is in the audit can be neither changed nor deleted (S64)', async () => {
  await recordAdministration(migrated.admin, { action: 'reload', subject: undefined });
  for (const table of ['audit', 'audit_other']) {
    for (const change of [
      `update holdfast.${table} set who = 'eve'`,
      `delete from holdfast.${table}`,
      `truncate holdfast.${table}`,
    ]) {
      await assert.rejects(migrated.admin.query(change), /only ever added to/);
    }
  }
});

test('what was done at the same moment is shown in the order in which it was done, the newest last (S64)', async () => {
  const pool = await migrated.pool();
  const at = Date.now();
  const subjects = Array.from({ length: 150 }, (_, index) => String(index));
  {
    await using audit = new StoredAudit({ pool, worker: 'w', log: silent, onLost: failOnLost });
    for (const subject of subjects) audit.record({ ...CALL, who: 'quick', subject }, at);
  }
  // So many rows alike are not worth a look into an index, and their order is then anybody's.
  await migrated.admin.query('analyze holdfast.audit');
  const asked = { since: new Date(at), until: new Date(at + 1), who: 'quick', limit: 100 };
  const found = await readAudit(migrated.admin, asked);
  assert.deepEqual(
    found.map(({ subject }) => subject),
    subjects.slice(-100),
  );
});

test('texts that Postgres does not take, and endless ones, are kept as far as they can be (S64)', async () => {
  const pool = await migrated.pool();
  {
    await using audit = new StoredAudit({ pool, worker: 'w', log: silent, onLost: failOnLost });
    const subject = `\0\ud800${'x'.repeat(1_000_000)}`;
    audit.record({ ...CALL, who: 'odd', subject, address: 'a\0', action: '\udfffb' });
  }
  const until = new Date(Date.now() + 1_000);
  const [row] = await readAudit(migrated.admin, {
    since: new Date(0),
    until,
    who: 'odd',
    limit: 1,
  });
  assert.equal(row?.subject, `\ufffd\ufffd${'x'.repeat(298)}`);
  assert.deepEqual([row?.address, row?.action], ['a\ufffd', '\ufffdb']);
});

test('while Postgres is away nothing is lost within the bound, and beyond it the count is exact (S64)', async (t) => {
  const { proxy, url } = await FaultProxy.before(migrated.url);
  await using _proxy = proxy;
  const pool = await migrated.pool(url);
  const { log, lines } = recordLog();
  let lost = 0;
  const onLost = (count: number): void => {
    lost += count;
  };
  await using audit = new StoredAudit({ pool, worker: 'w', log, onLost });
  proxy.set('reset');
  for (let count = 0; count < 20_000; count += 1) audit.record({ ...CALL, who: 'patient' });
  assert.equal(lost, 0);
  for (let count = 0; count < 5_000; count += 1) audit.record({ ...CALL, who: 'patient' });
  assert.ok(lost >= 5_000 && lost <= 7_000, `${lost} lost`);
  await t.waitFor(() => assert.ok(lines.some(({ message }) => message === 'audit entries lost')), {
    timeout: 5_000,
  });
  assert.equal(await countOf('patient'), 0);
  proxy.set('none');
  await t.waitFor(async () => assert.equal(await countOf('patient'), 25_000 - lost), {
    timeout: 20_000,
    interval: 200,
  });
});
