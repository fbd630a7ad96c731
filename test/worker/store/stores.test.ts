import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { suite, test } from 'node:test';

import { silent } from '../../../src/shared/logger.ts';
import { KeyRing } from '../../../src/worker/store/keys.ts';
import { migrateHoldfast } from '../../../src/worker/store/migrate.ts';
import { openClient } from '../../../src/worker/store/pool.ts';
import { openStores } from '../../../src/worker/store/stores.ts';
import { createDatabase } from '../../postgres.ts';
import { findFreePort, withParts } from './free-port.ts';
import { openReports } from './reports.ts';
import { makeSession } from './session-service.ts';
import { openWay } from './way.ts';

const redisUrl = process.env.TEST_REDIS_URL ?? '';
const sessions = { ttlMs: 86_400_000, ofOneMax: 1_000 };
const limits = { connectionsMax: 2, deadlineMs: 10_000, sessions, log: silent };

suite('the stores', () => {
  test('are open once both have answered, and say how each is', async () => {
    await using database = await createDatabase();
    const { reports, report } = openReports();
    await using stores = await openStores({
      databaseUrl: database.url,
      redisUrl,
      ...limits,
      report,
    });
    assert.deepEqual(reports.map(({ name }) => name).toSorted(), ['postgres', 'redis']);
    assert.equal((await stores.pool.query('select 1')).rowCount, 1);
    assert.equal(await stores.redis.ping(), 'PONG');
    const found = await stores.probe(1_000);
    assert.deepEqual(
      found.map(({ name, required, status }) => [name, required, status]),
      [
        ['postgres', true, 'up'],
        ['redis', false, 'up'],
      ],
    );
  });

  test('let two workers share a bus, events and sessions, and know of each other', async (t) => {
    await using database = await createDatabase();
    const client = await openClient(database.url);
    await migrateHoldfast(client, '0.1.0', silent);
    await client.end();
    const options = { databaseUrl: database.url, redisUrl, ...limits, report: () => undefined };
    await using here = await openStores(options);
    await using there = await openStores(options);
    const topic = randomUUID();
    const heard: unknown[] = [];
    using _listening = await there.bus.listen(topic, (message) => heard.push(message));
    await here.bus.publish(topic, { number: 1 });
    await t.waitFor(() => assert.deepEqual(heard, [{ number: 1 }]));
    await here.eventLog.append(topic, { number: 2 });
    using _following = await there.eventLog.follow(topic, undefined, ({ message }) => {
      heard.push(message);
    });
    assert.deepEqual(heard, [{ number: 1 }, { number: 2 }]);
    assert.equal(await here.workers.isAlive(there.workers.self), true);
    const session = makeSession();
    await here.sessions.create(session);
    assert.deepEqual(await there.sessions.find(session.id, 'ann'), session);
    using _keys = await KeyRing.open({ ...there, now: () => 0, log: silent });
  });

  test('tell of one that is lost, and of the other that it is there', async (t) => {
    await using database = await createDatabase();
    const way = await openWay(database.url);
    await using stores = await openStores({
      databaseUrl: way.url,
      redisUrl,
      ...limits,
      report: () => undefined,
    });
    way.cut();
    await way[Symbol.asyncDispose]();
    await t.waitFor(async () => {
      const found = await stores.probe(1_000);
      assert.deepEqual(
        found.map(({ status, code }) => [status, code]),
        [
          ['down', 'ECONNREFUSED'],
          ['up', undefined],
        ],
      );
    });
  });

  test('that are both away are both told of, before either is there', async () => {
    await using database = await createDatabase();
    const ports = [await findFreePort(), await findFreePort()] as const;
    const { reports, report } = openReports();
    const opening = openStores({
      databaseUrl: withParts(database.url, { port: String(ports[0]) }),
      redisUrl: withParts(redisUrl, { port: String(ports[1]) }),
      ...limits,
      report: (each) => {
        report(each);
        if (reports.length === 2) bothAway.resolve();
      },
    });
    const bothAway = Promise.withResolvers<void>();
    await bothAway.promise;
    assert.deepEqual(reports.map(({ name, status }) => `${name} ${status}`).toSorted(), [
      'postgres down',
      'redis down',
    ]);
    await using _postgres = await openWay(database.url, ports[0]);
    await using _redis = await openWay(redisUrl, ports[1]);
    await using stores = await opening;
    assert.equal(await stores.redis.ping(), 'PONG');
  });
});
