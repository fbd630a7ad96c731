/** Sessions over HTTP that end without anybody asking for it. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { isFailure } from './failures.ts';
import { makeSession, openService } from './session-service.ts';

type Service = Awaited<ReturnType<typeof openService>>;

/** Makes as if a session had not been asked in for so long. */
async function quiet({ admin }: Service, id: string, seconds: number): Promise<void> {
  await admin.query(
    "update holdfast.sessions set last_seen_at = now() - $2 * interval '1 second' where id = $1",
    [id, seconds],
  );
}

async function reasonsOf({ admin }: Service): Promise<Record<string, string | null>> {
  const { rows } = await admin.query<{ id: string; end_reason: string | null }>(
    'select id, end_reason from holdfast.sessions',
  );
  return Object.fromEntries(rows.map(({ id, end_reason: reason }) => [id, reason]));
}

suite('a session', () => {
  test('that was quiet for its time to live answers like one that was ended, swept or not', async () => {
    await using service = await openService();
    const { sessions, redis } = await service.work({ ttlMs: 3_600_000 });
    const [expired, open] = [makeSession(), makeSession()];
    for (const { id } of [expired, open]) {
      await sessions.create(makeSession({ id }));
      // A minute passes.
      await redis.del(service.keyOf(id));
    }
    await quiet(service, expired.id, 3_610);
    await quiet(service, open.id, 3_500);
    for (const _again of [1, 2]) {
      assert.equal(await sessions.find(expired.id, 'ann'), 'ended');
      assert.equal(await sessions.setLogLevel(expired.id, 'info'), false);
      assert.equal(await sessions.subscribe(expired.id, 'a:b'), false);
      assert.equal(await sessions.unsubscribe(expired.id, 'a:b'), false);
      assert.equal(await sessions.end(expired.id), false);
    }
    assert.equal(typeof (await sessions.find(open.id, 'ann')), 'object');
  });

  test('beyond what one principal may have ends the one that was quiet for longest, at every worker', async () => {
    await using service = await openService();
    const [here, there] = [
      await service.work({ ofOneMax: 3 }),
      await service.work({ ofOneMax: 3 }),
    ];
    const [first, second, third, fourth] = [1, 2, 3, 4].map(() => makeSession());
    assert.ok(first && second && third && fourth);
    const others = [first, third, fourth];
    const another = makeSession({ principal: 'ben' });
    for (const session of [first, second, third, another]) {
      assert.deepEqual(await here.sessions.create(session), []);
    }
    await quiet(service, another.id, 600);
    await quiet(service, second.id, 500);
    // They are found in Redis, and not because Postgres is asked.
    assert.deepEqual(await there.sessions.find(second.id, 'ann'), second);
    assert.deepEqual(await here.sessions.create(fourth), [second.id]);
    for (const { sessions } of [here, there]) {
      assert.equal(await sessions.find(second.id, 'ann'), 'ended');
      for (const each of others) {
        assert.deepEqual(await sessions.find(each.id, 'ann'), each);
      }
    }
    assert.deepEqual(await reasonsOf(service), {
      [first.id]: null,
      [second.id]: 'replaced',
      [third.id]: null,
      [fourth.id]: null,
      [another.id]: null,
    });
  });

  test('is one of as many as its principal may have, however many begin at once', async () => {
    await using service = await openService();
    const workers = [await service.work({ ofOneMax: 5 }), await service.work({ ofOneMax: 5 })];
    const made = Array.from({ length: 40 }, () => makeSession({ principal: 'anonymous' }));
    await Promise.all(
      made.map(async (session, index) => workers[index % 2]?.sessions.create(session)),
    );
    // Those that were being ended by another were left to it.
    await workers[0]?.sessions.create(makeSession({ principal: 'anonymous' }));
    const open = Object.values(await reasonsOf(service)).filter((reason) => reason === null);
    assert.equal(open.length, 5);
  });

  test('over a WebSocket takes no place of one over HTTP', async () => {
    await using service = await openService();
    const { sessions, sockets } = await service.work({ ofOneMax: 1 });
    const session = makeSession();
    await sessions.create(session);
    const { principal, revision, client } = session;
    for (const _socket of [1, 2]) {
      sockets.begin({ principal, revision, client, address: undefined }, () => undefined);
    }
    await sockets.flush();
    assert.deepEqual(await sessions.find(session.id, 'ann'), session);
  });

  test("is not another's, and that one asks for it does not keep it", async () => {
    await using service = await openService();
    const { sessions, redis } = await service.work();
    const session = makeSession();
    await sessions.create(session);
    assert.equal(await sessions.find(session.id, 'eve'), 'foreign');
    await redis.del(service.keyOf(session.id));
    await quiet(service, session.id, 120);
    assert.equal(await sessions.find(session.id, 'eve'), 'foreign');
    const { rows } = await service.admin.query(
      "select last_seen_at < now() - interval '1 minute' as quiet from holdfast.sessions",
    );
    assert.deepEqual(rows, [{ quiet: true }]);
    assert.deepEqual(await sessions.find(session.id, 'ann'), session);
  });

  test('that was refused is not kept, and ends no other', async () => {
    await using service = await openService();
    const { sessions } = await service.work({ ofOneMax: 1 });
    const session = makeSession();
    await sessions.create(session);
    const unfit = makeSession({ client: { name: '\0', version: '1' } });
    await assert.rejects(sessions.create(unfit), isFailure('invalid'));
    assert.deepEqual(await reasonsOf(service), { [session.id]: null });
  });

  test('says which address it began from, where that is known', async () => {
    await using service = await openService();
    const { sessions } = await service.work();
    await sessions.create(makeSession(), '192.0.2.1');
    await sessions.create(makeSession());
    const { rows } = await service.admin.query(
      'select address from holdfast.sessions order by number',
    );
    assert.deepEqual(rows, [{ address: '192.0.2.1' }, { address: null }]);
  });
});
