import assert from 'node:assert/strict';
import { test } from 'node:test';

import { type AuditOptions, questionOf, showAudit } from '../../src/cli/audit.ts';
import { recordAdministration } from '../../src/worker/store/administration.ts';
import { openMigrated } from '../worker/store/migrated.ts';

const OPTIONS: AuditOptions = { since: '1h', limit: '100' };

/** Where the command runs, and what it says. */
function surround(databaseUrl: string, columns?: number) {
  const printed: string[] = [];
  const complaints: string[] = [];
  const surroundings = {
    env: { DATABASE_URL: databaseUrl },
    workingFolder: '/',
    print: (text: string) => printed.push(text),
    complain: (text: string) => complaints.push(text),
    columns,
    paint: (_format: unknown, text: string) => text,
  };
  return { surroundings, printed, complaints };
}

test('the audit is a table on a terminal, else JSON, the newest last', async () => {
  await using migrated = await openMigrated();
  for (const subject of ['first', 'esc\u001b[2J', 'last']) {
    await recordAdministration(migrated.admin, { action: 'token revoke', subject });
  }
  const program = surround(migrated.url);
  assert.equal(await showAudit(OPTIONS, program.surroundings), 0);
  const found: { readonly subject: string }[] = JSON.parse(program.printed.join(''));
  assert.deepEqual([found.length, found[0]?.subject, found.at(-1)?.subject], [3, 'first', 'last']);
  const terminal = surround(migrated.url, 200);
  assert.equal(await showAudit({ ...OPTIONS, subject: 'last' }, terminal.surroundings), 0);
  assert.match(
    terminal.printed.join(''),
    /^TIME +WHO[^\n]*\n[^\n]+token revoke +last +ok[^\n]*\n$/,
  );
  const all = surround(migrated.url, 200);
  await showAudit(OPTIONS, all.surroundings);
  assert.ok(!all.printed.join('').includes('\u001b'));
});

for (const [given, expected] of [
  [{ since: 'yesterday' }, /--since is a duration/],
  [{ since: '2026-13-01' }, /--since is a duration/],
  [{ since: '1h', until: '2h' }, /--since has to be before/],
  [{ limit: '0' }, /--limit is a number/],
  [{ kind: 'x' }, /--kind is one of call/],
  [{ who: 'x'.repeat(301) }, /--who is a text/],
] as const) {
  test(`the audit is not asked with ${JSON.stringify(given).slice(0, 40)}`, async () => {
    const { surroundings, complaints } = surround('postgres://127.0.0.1:1/none');
    assert.equal(await showAudit({ ...OPTIONS, ...given }, surroundings), 1);
    assert.match(complaints.join(''), expected);
  });
}

test('times are durations from now, or times of their own', () => {
  const now = Date.parse('2026-07-28T12:00:00Z');
  const asked = questionOf({ ...OPTIONS, since: '2026-07-28T13:30+02:00', until: '15m' }, now);
  assert.equal(asked.since.toISOString(), '2026-07-28T11:30:00.000Z');
  assert.equal(asked.until.toISOString(), '2026-07-28T11:45:00.000Z');
});
