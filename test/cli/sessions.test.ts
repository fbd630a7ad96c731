import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { listSessions } from '../../src/cli/sessions.ts';
import { createDatabase } from '../postgres.ts';
import { makeSession, openService } from '../worker/store/session-service.ts';
import { openTerminal } from './terminal.ts';
import { type } from './typed.ts';

type Service = Awaited<ReturnType<typeof openService>>;

async function openOf({ admin }: Service): Promise<string[]> {
  const { rows } = await admin.query<{ principal: string }>(
    'select principal from holdfast.sessions where ended_at is null order by number',
  );
  return rows.map(({ principal }) => principal);
}

suite('holdfast sessions', () => {
  test('lists what is open, the latest first, and shows of no id more than its beginning', async () => {
    await using service = await openService();
    const { sessions, sockets } = await service.work();
    const made = [makeSession(), makeSession({ principal: 'ben' }), makeSession()];
    for (const session of made) await sessions.create(session, '192.0.2.1');
    await sessions.end(made[2]?.id ?? '');
    const agent = { ...makeSession({ principal: 'cat' }), address: undefined };
    sockets.begin(agent, () => undefined);
    await sockets.flush();
    const env = { DATABASE_URL: service.url };

    const { code, stdout, stderr } = await type(env, 'sessions', 'list');
    assert.deepEqual([code, stderr], [0, '']);
    const listed = JSON.parse(stdout);
    assert.deepEqual(
      listed.map((each: Record<string, unknown>) => [each.number, each.principal, each.transport]),
      [
        [4, 'cat', 'websocket'],
        [2, 'ben', 'streamable-http'],
        [1, 'ann', 'streamable-http'],
      ],
    );
    assert.equal(listed[2].id, made[0]?.id.slice(0, 8));
    assert.equal(listed[2].address, '192.0.2.1');
    for (const { id } of made) assert.ok(!stdout.includes(id.slice(0, 9)));

    const all = JSON.parse(
      (await type(env, 'sessions', 'list', '--all', '--principal', 'ann')).stdout,
    );
    assert.deepEqual(
      all.map((each: Record<string, unknown>) => [each.number, each.endReason]),
      [
        [3, 'asked'],
        [1, undefined],
      ],
    );
    const one = JSON.parse((await type(env, 'sessions', 'list', '--limit', '1')).stdout);
    assert.equal(one.length, 1);
  });

  test('shows a table on a terminal, in which an agent’s name moves nothing', async () => {
    await using service = await openService();
    const { sessions } = await service.work();
    const client = { name: '\u001b[31mred\n9  zzz', version: '1' };
    const session = makeSession({ client });
    await sessions.create(session);
    const shown = openTerminal({ env: { DATABASE_URL: service.url }, columns: 200 });
    assert.equal(await listSessions({ limit: '9' }, shown), 0);
    const lines = shown.printed().trimEnd().split('\n');
    assert.equal(lines.length, 2);
    assert.match(lines[0] ?? '', /^NUMBER +ID +PRINCIPAL +OVER/);
    assert.match(lines[1] ?? '', /^1 +\S{8}… +ann +HTTP +– .* – +red 9 {2}zzz 1, 2025-11-25$/);
  });

  test('ends one by its number, or all of a principal, and no other', async () => {
    await using service = await openService();
    const { sessions } = await service.work();
    for (const principal of ['ann', 'ann', 'ben', 'ann']) {
      await sessions.create(makeSession({ principal }));
    }
    const env = { DATABASE_URL: service.url };
    const one = await type(env, 'sessions', 'end', '2');
    const said = '1 session is ended. Workers know of it within 5 s.\n';
    assert.deepEqual(one, { code: 0, stdout: '', stderr: said });
    assert.deepEqual(await openOf(service), ['ann', 'ben', 'ann']);
    assert.match(
      (await type(env, 'sessions', 'end', '--principal', 'ann')).stderr,
      /^2 sessions are ended/,
    );
    assert.deepEqual(await openOf(service), ['ben']);
    for (const args of [['2'], ['99'], ['--principal', 'ann']]) {
      const again = await type(env, 'sessions', 'end', ...args);
      assert.deepEqual([again.code, again.stdout], [1, '']);
      assert.match(again.stderr, /^holdfast: There is no open session (2|99|of ann)\.\n$/);
    }
    const { rows } = await service.admin.query(
      'select kind, who, action, subject, outcome from holdfast.audit order by at, subject',
    );
    const act = { kind: 'administration', who: null, action: 'session end', outcome: 'ok' };
    assert.deepEqual(rows, [
      { ...act, subject: '2' },
      { ...act, subject: 'of ann' },
    ]);
  });

  test('ends nothing where it cannot be written down that it did', async () => {
    await using service = await openService();
    const { sessions } = await service.work();
    await sessions.create(makeSession());
    await service.admin.query('alter table holdfast.audit rename to elsewhere');
    const { code } = await type({ DATABASE_URL: service.url }, 'sessions', 'end', '1');
    assert.equal(code, 4);
    assert.deepEqual(await openOf(service), ['ann']);
  });

  test('ends with 1 where the command line is wrong, and touches nothing', async () => {
    await using service = await openService();
    const { sessions } = await service.work();
    await sessions.create(makeSession());
    const env = { DATABASE_URL: service.url };
    for (const args of [
      ['list', '--limit', '0'],
      ['list', '--limit', '10001'],
      ['list', 'here'],
      ['end'],
      ['end', '1', '--principal', 'ann'],
      ['end', 'abcdefgh'],
      ['end', '1; drop table holdfast.sessions'],
      ['bogus'],
    ]) {
      const { code, stdout, stderr } = await type(env, 'sessions', ...args);
      assert.deepEqual([code, stdout], [1, ''], args.join(' '));
      assert.match(stderr, /^holdfast: /);
    }
    assert.deepEqual(await openOf(service), ['ann']);
  });

  test('says what to do where there is no database, or none of ours', async () => {
    const nowhere = await type({}, 'sessions', 'list');
    assert.deepEqual([nowhere.code, nowhere.stdout], [1, '']);
    assert.match(nowhere.stderr, /Set DATABASE_URL/);
    await using empty = await createDatabase();
    const unmigrated = await type({ DATABASE_URL: empty.url }, 'sessions', 'end', '1');
    assert.equal(unmigrated.code, 1);
    assert.match(unmigrated.stderr, /Start it once/);
  });
});
