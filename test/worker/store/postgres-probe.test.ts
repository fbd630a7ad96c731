import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import type { Client } from 'pg';

import { silent } from '../../../src/shared/logger.ts';
import { openClient, openPool } from '../../../src/worker/store/pool.ts';
import { PostgresProbe } from '../../../src/worker/store/postgres-probe.ts';
import { createDatabase } from '../../postgres.ts';
import { openWay } from './way.ts';

/** A probe whose connections are listed as it opens them. */
function openProbe(url: string) {
  const clients: Client[] = [];
  const probe = new PostgresProbe(async () => {
    const client = await openClient(url);
    clients.push(client);
    return client;
  });
  return { probe, clients };
}

suite('the probe of Postgres', () => {
  test('keeps one connection for all its questions', async () => {
    await using database = await createDatabase();
    const { probe, clients } = openProbe(database.url);
    await using asking = probe;
    await Promise.all([asking.ask(), asking.ask(), asking.ask()]);
    await asking.ask();
    assert.equal(clients.length, 1);
  });

  test('connects anew after its backend was terminated', async () => {
    await using database = await createDatabase();
    const admin = await openClient(database.url);
    const { probe, clients } = openProbe(database.url);
    await using asking = probe;
    await asking.ask();
    await admin.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
    );
    await assert.rejects(asking.ask());
    await asking.ask();
    assert.equal(clients.length, 2);
    await admin.end();
  });

  test('is answered while the pool is exhausted', async () => {
    await using database = await createDatabase();
    await using opened = await openPool({
      url: database.url,
      connectionsMax: 1,
      deadlineMs: 10_000,
      report: () => undefined,
      log: silent,
    });
    const taken = await opened.pool.connect();
    try {
      const waiting = opened.pool.query('select 1');
      await opened.dependency.ask();
      assert.equal(opened.pool.waitingCount, 1);
      taken.release();
      await waiting;
    } catch (error) {
      taken.release(true);
      throw error;
    }
  });

  test('gives up a connection that falls silent, and connects anew', async () => {
    await using database = await createDatabase();
    await using way = await openWay(database.url);
    const { probe, clients } = openProbe(way.url);
    await using asking = probe;
    await asking.ask();
    way.silence();
    await assert.rejects(asking.ask(), { name: 'TimeoutError' });
    await asking.ask();
    assert.equal(clients.length, 2);
  });

  test('fails with why it cannot connect, as often as it is asked', async () => {
    const { probe, clients } = openProbe('postgresql://ann@127.0.0.1:1/a');
    await using asking = probe;
    await assert.rejects(asking.ask(), { code: 'ECONNREFUSED' });
    await assert.rejects(asking.ask(), { code: 'ECONNREFUSED' });
    assert.equal(clients.length, 0);
  });
});
