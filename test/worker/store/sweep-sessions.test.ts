import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { openClient } from '../../../src/worker/store/pool.ts';
import { sweepSessions } from '../../../src/worker/store/sweep-sessions.ts';
import { openMigrated } from './migrated.ts';

const HOUR_MS = 3_600_000;

interface Row {
  readonly id: string;
  readonly transport?: 'streamable-http' | 'websocket';
  readonly seenMs: number;
  /** How long ago it was ended. */
  readonly endedMs?: number;
}

const INSERT = `
  insert into holdfast.sessions (id, principal, transport, revision, client_name, client_version,
    capabilities, last_seen_at, ended_at, end_reason)
  values ($1, 'ann', $2, '', '', '', '{}', now() - $3 * interval '1 millisecond',
    now() - $4 * interval '1 millisecond', case when $4::float8 is not null then 'asked' end)`;

async function openRows(rows: readonly Row[]) {
  const migrated = await openMigrated();
  for (const { id, transport = 'streamable-http', seenMs, endedMs } of rows) {
    await migrated.admin.query(INSERT, [id, transport, seenMs, endedMs]);
  }
  return {
    ...migrated,
    sweep: () => sweepSessions({ ttlMs: HOUR_MS }).run(migrated.admin),
    async ends(): Promise<Record<string, string | null>> {
      const { rows: found } = await migrated.admin.query<{ id: string; end_reason: string | null }>(
        'select id, end_reason from holdfast.sessions',
      );
      return Object.fromEntries(found.map(({ id, end_reason: reason }) => [id, reason]));
    },
    [Symbol.asyncDispose]: () => migrated[Symbol.asyncDispose](),
  };
}

suite('the sweep of sessions', () => {
  test('ends those over HTTP that were quiet for too long, and sockets that nobody notes, and no others', async () => {
    await using opened = await openRows([
      { id: 'quiet', seenMs: HOUR_MS + 10_000 },
      { id: 'in use', seenMs: HOUR_MS - 10_000 },
      { id: 'lost', transport: 'websocket', seenMs: 310_000 },
      { id: 'open', transport: 'websocket', seenMs: 290_000 },
      { id: 'ended', seenMs: 3 * HOUR_MS, endedMs: 2 * HOUR_MS },
    ]);
    await opened.sweep();
    const expected = {
      quiet: 'expired',
      'in use': null,
      lost: 'lost',
      open: null,
      ended: 'asked',
    };
    assert.deepEqual(await opened.ends(), expected);
    await opened.sweep();
    assert.deepEqual(await opened.ends(), expected);
  });

  test('deletes what ended more than a week ago', async () => {
    await using opened = await openRows([
      { id: 'week', seenMs: 0, endedMs: 7 * 24 * HOUR_MS + 10_000 },
      { id: 'day', seenMs: 0, endedMs: 24 * HOUR_MS },
    ]);
    await opened.sweep();
    assert.deepEqual(await opened.ends(), { day: 'asked' });
  });

  test('does not wait for a session that is noted to be seen just then, and leaves it', async () => {
    await using opened = await openRows([{ id: 'seen', seenMs: HOUR_MS + 10_000 }]);
    const other = await openClient(opened.url);
    try {
      await other.query('begin');
      await other.query('update holdfast.sessions set last_seen_at = now()');
      await opened.sweep();
      await other.query('commit');
      await opened.sweep();
      assert.deepEqual(await opened.ends(), { seen: null });
    } finally {
      await other.end();
    }
  });

  test('by two at once ends and deletes each session once', async () => {
    await using opened = await openRows([]);
    await opened.admin.query(
      `insert into holdfast.sessions (id, principal, revision, client_name, client_version,
         capabilities, last_seen_at)
       select n::text, 'ann', '', '', '', '{}', now() - interval '2 hours'
       from generate_series(1, 2500) as n`,
    );
    const other = await openClient(opened.url);
    try {
      await Promise.all([opened.sweep(), sweepSessions({ ttlMs: HOUR_MS }).run(other)]);
      // What one of them had locked the other left.
      await opened.sweep();
      const { rows } = await opened.admin.query(
        'select end_reason, changes, count(*)::int from holdfast.sessions group by 1, 2',
      );
      assert.deepEqual(rows, [{ end_reason: 'expired', changes: 1, count: 2_500 }]);
    } finally {
      await other.end();
    }
  });

  test('of a million sessions reads those alone that it ends', async (t) => {
    await using opened = await openRows([]);
    const { admin } = opened;
    await admin.query(
      `insert into holdfast.sessions (id, principal, transport, revision, client_name,
         client_version, capabilities, last_seen_at)
       select n::text, 'p' || n % 1000, case n % 2 when 0 then 'websocket' else 'streamable-http' end,
         '', '', '', '{}', now() - n * interval '1 millisecond'
       from generate_series(1, 100000) as n`,
    );
    await admin.query('analyze holdfast.sessions');
    t.diagnostic('100,000 rows stand for them: the plan is the same');
    const { rows } = await admin.query<{ 'QUERY PLAN': string }>(
      `explain select id from holdfast.sessions
       where ended_at is null and transport = 'streamable-http'
         and last_seen_at < now() - 3600000 * interval '1 millisecond'
       order by last_seen_at limit 1000 for update skip locked`,
    );
    assert.match(
      rows.map((row) => row['QUERY PLAN']).join('\n'),
      /Index Scan using sessions_open /,
    );
  });
});
