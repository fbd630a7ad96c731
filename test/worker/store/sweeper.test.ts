import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { silent } from '../../../src/shared/logger.ts';
import { type Chore, Sweeper } from '../../../src/worker/store/sweeper.ts';
import { FaultProxy } from '../../support/fault-proxy.ts';
import { recordLog } from '../recorded-log.ts';
import { openMigrated } from './migrated.ts';

const IN_TIME = { timeout: 10_000 };

suite('a sweeper', () => {
  test('does all chores again and again, though one fails each time', async (t) => {
    await using migrated = await openMigrated();
    const { log, lines } = recordLog();
    let done = 0;
    const chores: Chore[] = [
      {
        name: 'broken',
        run: async (client) => {
          await client.query('begin');
          await client.query('select nonsense');
        },
      },
      {
        name: 'good',
        run: async (client) => {
          await client.query('select 1');
          done += 1;
        },
      },
    ];
    const pool = await migrated.pool();
    await using _sweeper = new Sweeper({ pool, everyMs: 10, chores, log });
    await t.waitFor(() => assert.ok(done >= 2), IN_TIME);
    assert.ok(lines.some(({ level, message }) => level === 'error' && message === 'chore failed'));
  });

  test('leaves the chores to another that does them', async (t) => {
    await using migrated = await openMigrated();
    let running = 0;
    let done = 0;
    let most = 0;
    const chore: Chore = {
      name: 'slow',
      run: async (client) => {
        running += 1;
        most = Math.max(most, running);
        await client.query('select pg_sleep(0.05)');
        running -= 1;
        done += 1;
      },
    };
    const pool = await migrated.pool();
    const options = { pool, everyMs: 5, chores: [chore], log: silent };
    await using _one = new Sweeper(options);
    await using _other = new Sweeper(options);
    await t.waitFor(() => assert.ok(done >= 6), IN_TIME);
    assert.equal(most, 1);
  });

  test('that is disposed of does not wait for a chore that takes for ever', async () => {
    await using migrated = await openMigrated();
    const began = Promise.withResolvers<void>();
    const { log, lines } = recordLog();
    const run: Chore['run'] = async (client) => {
      began.resolve();
      await client.query('select pg_sleep(60)');
    };
    const pool = await migrated.pool();
    const sweeper = new Sweeper({ pool, everyMs: 10, chores: [{ name: 'endless', run }], log });
    await began.promise;
    const begun = performance.now();
    await sweeper[Symbol.asyncDispose]();
    const tookMs = performance.now() - begun;
    assert.ok(tookMs >= 2_900 && tookMs < 10_000, `${tookMs} ms`);
    await pool.query('select 1');
    assert.ok(lines.every(({ level }) => level === 'debug'));
  });

  test('does nothing while Postgres is away, and goes on once it is back', async (t) => {
    await using migrated = await openMigrated();
    const { proxy, url } = await FaultProxy.before(migrated.url);
    await using _proxy = proxy;
    const pool = await migrated.pool(url);
    const { log, lines } = recordLog();
    let done = 0;
    const run = async (): Promise<void> => {
      done += 1;
    };
    proxy.set('reset');
    await using _sweeper = new Sweeper({ pool, everyMs: 10, chores: [{ name: 'a', run }], log });
    await t.waitFor(() => assert.ok(lines.some(({ level }) => level === 'debug')), IN_TIME);
    assert.equal(done, 0);
    assert.ok(lines.every(({ level }) => level === 'debug'));
    proxy.set('none');
    await t.waitFor(() => assert.ok(done > 0), IN_TIME);
  });
});
