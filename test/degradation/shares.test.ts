/** A slow Postgres, and a slow tool: who has nothing to do with it does not notice. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { Client } from 'pg';

import { Agent } from '../agent.ts';
import { createDatabase } from '../postgres.ts';
import { HttpAgent } from '../process/http-agent.ts';
import { FaultProxy } from '../support/fault-proxy.ts';
import { Load, type Outcome, percentile } from './load.ts';
import { show, startMeasured } from './measured.ts';

const timeout = 90_000;
/** Below it p99 says more of the machine than of us. */
const FLOOR_MS = 50;

suite('who has nothing to do with it', () => {
  test('is as quick as before while Postgres answers 200 ms later', { timeout }, async (t) => {
    await using database = await createDatabase();
    const { proxy, url } = await FaultProxy.before(database.url);
    await using _proxy = proxy;
    await using patient = startMeasured({ DATABASE_URL: url });
    await patient.running();
    const port = await patient.port();
    await using needy = await Load.begin({ port, tools: ['asks_postgres', 'keeps'] });
    await using others = await Load.begin({ port, tools: ['who_serves'] });
    await sleep(1_500);
    const measured: Record<'before' | 'later', Outcome[]> = { before: [], later: [] };
    for (let turn = 0; turn < 6; turn += 1) {
      const isLater = turn % 2 === 1;
      proxy.delayMs = isLater ? 200 : 0;
      await sleep(300);
      const from = performance.now();
      await sleep(1_500);
      measured[isLater ? 'later' : 'before'].push(...others.between(from, performance.now()));
      if (!isLater) continue;
      const slowed = needy.between(from, performance.now());
      assert.ok(percentile(slowed, 50) >= 200, 'the latency is not there');
    }
    const [before, later] = [percentile(measured.before, 99), percentile(measured.later, 99)];
    show(t, { calls: measured.later.length, 'p99 before ms': before, 'p99 later ms': later });
    assert.ok(later <= 1.5 * Math.max(before, FLOOR_MS), `${later} ms, and ${before} ms before`);
    assert.equal(needy.broken + others.broken, 0);
  });

  test('has connections left while one tool would take all, and what is given up ends in Postgres too', {
    timeout,
  }, async (t) => {
    await using database = await createDatabase();
    await using patient = startMeasured({ DATABASE_URL: database.url }, 1);
    await patient.running();
    const port = await patient.port();
    await using greedy = await Agent.connect(port);
    await using other = await Agent.connect(port);
    // Each call that waits listens for the end of the socket.
    greedy.socket.setMaxListeners(0);
    const admin = new Client({ connectionString: database.url });
    await admin.connect();
    await using _admin = { [Symbol.asyncDispose]: () => admin.end() };
    const countAsleep = async (): Promise<number> => {
      const { rows } = await admin.query<{ count: number }>(
        `select count(*)::int as count from pg_stat_activity
         where state = 'active' and query like 'select pg_sleep%' and datname = current_database()`,
      );
      return rows[0]?.count ?? 0;
    };
    const asked = Array.from({ length: 60 }, () =>
      greedy.call('sleeps_in_postgres', { ms: 2_000 }),
    );
    await t.waitFor(async () => assert.equal(await countAsleep(), 5));
    const times: number[] = [];
    for (let turn = 0; turn < 20; turn += 1) {
      const before = performance.now();
      assert.equal((await other.call('asks_postgres')).error, undefined);
      times.push(performance.now() - before);
      assert.ok((await countAsleep()) <= 5, 'more than half of the connections');
    }
    // Our own statements: a session is begun.
    const before = performance.now();
    await HttpAgent.begin(port);
    const sessionMs = performance.now() - before;
    const answers = await Promise.all(asked);
    const refused = answers.filter(({ error }) => error !== undefined);
    show(t, {
      'longest of another tool ms': Math.max(...times),
      'a new session ms': sessionMs,
      served: answers.length - refused.length,
      refused: refused.length,
    });
    assert.ok(Math.max(...times) <= 1_000 && sessionMs <= 1_000);
    assert.ok(refused.length > 0 && refused.length < answers.length);
    for (const { error } of refused) {
      assert.equal(error?.data?.kind, 'limited');
      assert.ok(Number(error?.data?.retryAfterMs) > 0);
    }
    const slow = Array.from({ length: 5 }, () => greedy.call('is_too_slow'));
    await t.waitFor(async () => assert.equal(await countAsleep(), 5));
    for (const { error } of await Promise.all(slow)) assert.equal(error?.data?.kind, 'timeout');
    await t.waitFor(async () => assert.equal(await countAsleep(), 0), { timeout: 5_000 });
    assert.equal((await greedy.call('sleeps_in_postgres', { ms: 0 })).error, undefined);
  });
});
