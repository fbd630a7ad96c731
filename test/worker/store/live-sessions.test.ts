import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { sweepSessions } from '../../../src/worker/store/sweep-sessions.ts';
import { isFailure } from './failures.ts';
import { makeSession, openService } from './session-service.ts';
import { openWay } from './way.ts';

const TTL_MS = 1_000;

suite('a session', () => {
  test('that is used all the time is never taken for abandoned, though its copy is found nearly always', async () => {
    await using service = await openService();
    const { sessions } = await service.work({ ttlMs: TTL_MS });
    const session = makeSession();
    await sessions.create(session);
    const sweep = sweepSessions({ ttlMs: TTL_MS });
    const until = performance.now() + 3 * TTL_MS;
    while (performance.now() < until) {
      assert.deepEqual(await sessions.find(session.id, 'ann'), session);
      await sweep.run(service.admin);
      await service.admin.query('select pg_sleep(0.02)');
    }
  });

  test('that something goes on in is never taken for abandoned, though it is quiet', async () => {
    await using service = await openService();
    const { sessions, live } = await service.work({ ttlMs: TTL_MS });
    const [held, quiet] = [makeSession(), makeSession()];
    await sessions.create(held);
    await sessions.create(quiet);
    const holds = [sessions.hold(held.id), sessions.hold(held.id)];
    sessions.hold(quiet.id)[Symbol.dispose]();
    holds[0]?.[Symbol.dispose]();
    holds[0]?.[Symbol.dispose]();
    assert.equal(live.size, 1);
    const sweep = sweepSessions({ ttlMs: TTL_MS });
    const until = performance.now() + 2 * TTL_MS;
    while (performance.now() < until) {
      await sweep.run(service.admin);
      await service.admin.query('select pg_sleep(0.02)');
    }
    assert.deepEqual(await sessions.find(held.id, 'ann'), held);
    assert.equal(await sessions.find(quiet.id, 'ann'), 'ended');
    holds[1]?.[Symbol.dispose]();
    assert.equal(live.size, 0);
  });

  test('is noted with all others that are live here, and comes back if it was taken for lost', async () => {
    await using service = await openService();
    const { sessions, live } = await service.work();
    const all = Array.from({ length: 5 }, () => makeSession());
    for (const session of all) await sessions.create(session);
    const [lost, ended, quiet] = all;
    for (const { id } of all) if (id !== quiet?.id) live.hold(id);
    const end = `update holdfast.sessions set ended_at = now(), end_reason = $1 where id = $2`;
    await service.admin.query(end, ['lost', lost?.id]);
    await service.admin.query(end, ['operator', ended?.id]);
    await service.admin.query(
      "update holdfast.sessions set last_seen_at = now() - interval '1 hour'",
    );
    await live.note();
    const { rows } = await service.admin.query<{ id: string }>(
      `select id from holdfast.sessions
       where last_seen_at > now() - interval '1 minute' and ended_at is null`,
    );
    const noted = all.filter((session) => session !== ended && session !== quiet);
    assert.deepEqual(rows.map(({ id }) => id).toSorted(), noted.map(({ id }) => id).toSorted());
  });

  test('that is held though it is over is told of, whoever ended it and why', async () => {
    await using service = await openService();
    const [here, there] = [await service.work(), await service.work()];
    const [asked, expired, open] = [makeSession(), makeSession(), makeSession()];
    for (const session of [asked, expired, open]) {
      await there.sessions.create(session);
      here.sessions.hold(session.id);
    }
    await there.sessions.end(asked.id);
    await service.admin.query(
      "update holdfast.sessions set ended_at = now(), end_reason = 'expired' where id = $1",
      [expired.id],
    );
    const told = new Set<string>();
    const listening = here.sessions.onEnd((id) => told.add(id));
    await here.live.note();
    assert.deepEqual(told, new Set([asked.id, expired.id]));
    listening[Symbol.dispose]();
    told.clear();
    await here.live.note();
    assert.equal(told.size, 0);
  });

  test('is not noted while Postgres is away, nor while somebody ends it', async () => {
    await using service = await openService();
    const way = await openWay(service.url);
    const { sessions, live } = await service.work({ database: way.url });
    const session = makeSession();
    await sessions.create(session);
    live.hold(session.id);
    await service.admin.query('begin');
    await service.admin.query(
      "update holdfast.sessions set ended_at = now(), end_reason = 'operator'",
    );
    // It does not wait.
    await live.note();
    await service.admin.query('commit');
    assert.equal((await service.admin.query('select from holdfast.sessions')).rowCount, 1);
    way.cut();
    await way[Symbol.asyncDispose]();
    await assert.rejects(live.note(), isFailure('unavailable'));
  });
});
