import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { endSessions } from '../../../src/worker/store/administered-sessions.ts';
import { recordLog } from '../recorded-log.ts';
import { isFailure } from './failures.ts';
import { makeSession, openService } from './session-service.ts';
import { openWay } from './way.ts';

const HEEDED_WITHIN_MS = 5_000;

type Service = Awaited<ReturnType<typeof openService>>;

async function numberOf({ admin }: Service, id: string): Promise<string> {
  const { rows } = await admin.query<{ number: string }>(
    'select number from holdfast.sessions where id = $1',
    [id],
  );
  return rows[0]?.number ?? '';
}

suite('a session that an operator ends', () => {
  test('is told to every worker within five seconds, and found ended though there was a copy', async (t) => {
    await using service = await openService();
    const workers = [await service.work(), await service.work()];
    const [session, other] = [makeSession(), makeSession()];
    for (const made of [session, other]) await workers[0]?.sessions.create(made);
    const told: string[][] = workers.map(() => []);
    for (const [index, { sessions }] of workers.entries()) {
      sessions.onEnd((id) => told[index]?.push(id));
    }
    const number = await numberOf(service, session.id);
    assert.equal(await endSessions(service.admin, { number }), 1);
    await t.waitFor(() => assert.deepEqual(told, [[session.id], [session.id]]), {
      timeout: HEEDED_WITHIN_MS,
    });
    for (const { sessions } of workers) {
      assert.equal(await sessions.find(session.id, 'ann'), 'ended');
      assert.deepEqual(await sessions.find(other.id, 'ann'), other);
    }
  });

  test('is told once, and not to who no longer listens', async () => {
    await using service = await openService();
    const { sessions, ended } = await service.work();
    const session = makeSession();
    await sessions.create(session);
    const told: string[] = [];
    const listening = sessions.onEnd((id) => told.push(id));
    await endSessions(service.admin, { number: await numberOf(service, session.id) });
    await ended.ask();
    await ended.ask();
    await ended.ask();
    assert.deepEqual(told, [session.id]);
    listening[Symbol.dispose]();
    const next = makeSession();
    await sessions.create(next);
    await endSessions(service.admin, { principal: 'ann' });
    await ended.ask();
    assert.deepEqual(told, [session.id]);
  });

  test('is told though its transaction began before the last time it was asked', async () => {
    await using service = await openService();
    const { sessions, ended } = await service.work();
    const session = makeSession();
    await sessions.create(session);
    const told: string[] = [];
    using _listening = sessions.onEnd((id) => told.push(id));
    await service.admin.query('begin');
    await endSessions(service.admin, { principal: 'ann' });
    await ended.ask();
    await ended.ask();
    assert.deepEqual(told, []);
    await service.admin.query('commit');
    await ended.ask();
    assert.deepEqual(told, [session.id]);
  });

  test('is one of thousands, and all are told', async () => {
    await using service = await openService();
    const { sessions, ended } = await service.work();
    await service.admin.query(
      `insert into holdfast.sessions
         (id, principal, revision, client_name, client_version, capabilities)
       select 'session-of-many-' || n, 'ann', '', '', '', '{}' from generate_series(1, 2500) as n`,
    );
    const told: string[] = [];
    using _listening = sessions.onEnd((id) => told.push(id));
    assert.equal(await endSessions(service.admin, { principal: 'ann' }), 2_500);
    await ended.ask();
    assert.equal(new Set(told).size, 2_500);
    assert.equal(told.length, 2_500);
  });

  test('while Postgres is away from a worker, is told when it is back', async (t) => {
    const { log, lines } = recordLog();
    await using service = await openService();
    const away = await openWay(service.url);
    const { sessions, ended } = await service.work({ database: away.url, log });
    const session = makeSession();
    await sessions.create(session);
    const told: string[] = [];
    using _listening = sessions.onEnd((id) => told.push(id));
    away.cut();
    await away[Symbol.asyncDispose]();
    await assert.rejects(ended.ask(), isFailure('unavailable'));
    // Longer ago than what is read again anyway.
    await endSessions(service.admin, { principal: 'ann' });
    await t.waitFor(
      () => assert.ok(lines.some(({ message }) => message === 'ended sessions were not read')),
      { timeout: HEEDED_WITHIN_MS },
    );
    await using _back = await openWay(service.url, Number(new URL(away.url).port));
    await t.waitFor(() => assert.deepEqual(told, [session.id]), { timeout: 10_000 });
    assert.deepEqual(
      lines.filter(({ level }) => level !== 'debug'),
      [],
    );
  });

  test('was open, and nobody’s who was not named', async () => {
    await using service = await openService();
    const { sessions } = await service.work();
    const [ours, theirs] = [makeSession(), makeSession({ principal: 'ben' })];
    for (const made of [ours, theirs]) await sessions.create(made);
    assert.equal(await endSessions(service.admin, { principal: 'nobody' }), 0);
    assert.equal(await endSessions(service.admin, { number: '999999' }), 0);
    assert.equal(await endSessions(service.admin, { principal: 'ann' }), 1);
    assert.equal(await endSessions(service.admin, { principal: 'ann' }), 0);
    const { rows } = await service.admin.query(
      "select id from holdfast.sessions where end_reason = 'operator'",
    );
    assert.deepEqual(rows, [{ id: ours.id }]);
  });

  test('closes the socket that it is over, wherever that is', async () => {
    await using service = await openService();
    const [here, there] = [await service.work(), await service.work()];
    const agent = {
      principal: 'ann',
      revision: '2025-11-25',
      client: { name: 'agent', version: '1' },
      address: undefined,
    };
    const ended: string[] = [];
    for (const { sockets } of [here, there]) {
      sockets.begin(agent, (reason) => ended.push(reason));
      await sockets.flush();
    }
    assert.equal(await endSessions(service.admin, { principal: 'ann' }), 2);
    await here.ended.ask();
    assert.deepEqual(ended, ['The session was ended by an operator']);
    await there.ended.ask();
    assert.equal(ended.length, 2);
  });
});
