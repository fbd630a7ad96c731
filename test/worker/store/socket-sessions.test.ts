import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import type { SocketSession } from '../../../src/worker/domain/session.ts';
import { recordLog } from '../recorded-log.ts';
import { openService } from './session-service.ts';
import { openWay } from './way.ts';

const AGENT: SocketSession = {
  principal: 'ann',
  revision: '2025-11-25',
  client: { name: 'agent', version: '1' },
  address: '127.0.0.1',
};

const nobody = (): void => undefined;

type Service = Awaited<ReturnType<typeof openService>>;

async function rowsOf({ admin }: Service): Promise<Record<string, unknown>[]> {
  const { rows } = await admin.query<Record<string, unknown>>(
    `select principal, transport, revision, client_name, client_version, address, worker, end_reason
     from holdfast.sessions order by number`,
  );
  return rows;
}

suite('a session over a WebSocket', () => {
  test('has a row as long as it is open, and one that says how it ended', async () => {
    await using service = await openService();
    const { sockets, live } = await service.work();
    const end = sockets.begin(AGENT, nobody);
    const other = sockets.begin({ ...AGENT, address: undefined }, nobody);
    assert.equal(live.size, 2);
    assert.equal(await sockets.flush(), true);
    const row = {
      principal: 'ann',
      transport: 'websocket',
      revision: '2025-11-25',
      client_name: 'agent',
      client_version: '1',
      address: '127.0.0.1',
      worker: 'worker',
      end_reason: null,
    };
    assert.deepEqual(await rowsOf(service), [row, { ...row, address: null }]);
    end('closed');
    end('closed');
    assert.equal(live.size, 1);
    await sockets.flush();
    const reasons = (await rowsOf(service)).map((each) => each.end_reason);
    assert.deepEqual(reasons, ['closed', null]);
    other('closed');
    assert.equal(live.size, 0);
  });

  test('is written without anybody asking for it, and so is one that was over before', async (t) => {
    await using service = await openService();
    const { sockets } = await service.work();
    sockets.begin(AGENT, nobody)('closed');
    await t.waitFor(
      async () => {
        assert.deepEqual(
          (await rowsOf(service)).map((each) => each.end_reason),
          ['closed'],
        );
      },
      { timeout: 10_000 },
    );
  });

  test('is written among hundreds with a few statements', async () => {
    await using service = await openService();
    const { sockets } = await service.work();
    const ends = Array.from({ length: 1_200 }, () => sockets.begin(AGENT, nobody));
    for (const end of ends.slice(0, 700)) end('closed');
    await sockets.flush();
    const reasons = (await rowsOf(service)).map((each) => each.end_reason);
    assert.equal(reasons.length, 1_200);
    assert.equal(reasons.filter((reason) => reason === 'closed').length, 700);
  });

  test('is not found by its id over HTTP', async () => {
    await using service = await openService();
    const { sockets, sessions } = await service.work();
    sockets.begin(AGENT, nobody);
    await sockets.flush();
    const { rows } = await service.admin.query<{ id: string }>('select id from holdfast.sessions');
    const id = rows[0]?.id ?? '';
    assert.equal(await sessions.find(id, 'ann'), undefined);
    assert.equal(await sessions.end(id), false);
  });

  test('of an agent with an unreadable or endless name holds up no other', async () => {
    await using service = await openService();
    const { sockets } = await service.work();
    sockets.begin({ ...AGENT, client: { name: '\0', version: '\ud800' } }, nobody);
    sockets.begin({ ...AGENT, principal: 'a\0b' }, nobody);
    sockets.begin({ ...AGENT, client: { name: 'n'.repeat(100_000), version: '1' } }, nobody);
    assert.equal(await sockets.flush(), true);
    const rows = await rowsOf(service);
    assert.deepEqual(
      rows.map((each) => [each.principal, String(each.client_name).length]),
      [
        ['ann', 1],
        ['a\ufffdb', 5],
        ['ann', 200],
      ],
    );
  });

  test('begins and ends while Postgres is away, and is written when it is back', async () => {
    await using service = await openService();
    const away = await openWay(service.url);
    const { sockets } = await service.work({ database: away.url });
    away.cut();
    await away[Symbol.asyncDispose]();
    const end = sockets.begin(AGENT, nobody);
    assert.equal(await sockets.flush(), false);
    end('closed');
    await using _back = await openWay(service.url, Number(new URL(away.url).port));
    assert.equal(await sockets.flush(), true);
    assert.deepEqual(
      (await rowsOf(service)).map((each) => each.end_reason),
      ['closed'],
    );
  });

  test('is never written, and said to be lost, where too many wait', async () => {
    const { log, lines } = recordLog();
    await using service = await openService();
    const way = await openWay(service.url);
    const counted: number[] = [];
    const onLost = (count: number): number => counted.push(count);
    const { sockets } = await service.work({ database: way.url, log, onLost });
    way.cut();
    await way[Symbol.asyncDispose]();
    for (let count = 0; count < 20_001; count += 1) sockets.begin(AGENT, nobody);
    const lost = lines.filter(({ message }) => message === 'sessions of sockets were not kept');
    assert.deepEqual(
      lost.map(({ level, fields }) => [level, fields]),
      [['warn', { count: 2_000 }]],
    );
    assert.deepEqual(counted, [2_000]);
  });
});
