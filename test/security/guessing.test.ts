/** Those who try again and again. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import type { WebSocket } from 'ws';

import { modernCallOf, modernHeaders, post } from '../worker/transport/mcp-served.ts';
import { bearing, upgrade, whoami } from './callers.ts';
import { openWorkers } from './workers.ts';

suite('those who guess', () => {
  test('are told to wait, and known callers beside them are not (S32)', async () => {
    await using workers = await openWorkers(
      { tools: [whoami] },
      { MCP_FAILED_LOGINS_PER_MIN: '20' },
    );
    const [port = 0] = workers.ports;
    const url = `http://127.0.0.1:${port}/mcp`;
    const { text } = await workers.makeKey({ principal: 'ann' });
    const ask = (shown: string) =>
      post(url, modernCallOf('whoami'), {
        ...modernHeaders('tools/call', 'whoami'),
        ...bearing(shown),
      });
    assert.equal((await ask(text)).status, 200);
    const statuses = new Map<number, number>();
    for (let count = 0; count < 1_000; count += 1) {
      // oxlint-disable-next-line no-await-in-loop -- one after another, as who guesses does
      const answer = await ask(`hf_live_${String(count).padStart(50, '0')}`);
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
      if (answer.status === 429) assert.ok(Number(answer.headers.get('retry-after')) > 0);
      // oxlint-disable-next-line no-await-in-loop -- as above
      await answer.body?.cancel();
    }
    assert.deepEqual(
      statuses,
      new Map([
        [401, 20],
        [429, 980],
      ]),
    );
    assert.equal((await ask(text)).status, 200);
    assert.equal(await workers.refusals('failed_logins'), 980);
  });

  test('are not let in by a thousand connections from one address (S61)', async () => {
    await using workers = await openWorkers(
      { tools: [whoami] },
      { MCP_HANDSHAKES_PER_MIN: '5', MCP_SOCKETS_OF_ONE_MAX: '3' },
    );
    const [port = 0] = workers.ports;
    const headers = bearing((await workers.makeKey({ principal: 'ann' })).text);
    const statuses: number[] = [];
    const sockets: (WebSocket | undefined)[] = [];
    for (let count = 0; count < 7; count += 1) {
      // oxlint-disable-next-line no-await-in-loop -- one after another, so that it is known which is one too many
      const { status, socket } = await upgrade(port, '/mcp', headers);
      statuses.push(status);
      sockets.push(socket);
    }
    assert.deepEqual(statuses, [101, 101, 101, 429, 429, 429, 429]);
    assert.equal(await workers.refusals('sockets_of_one'), 2);
    assert.equal(await workers.refusals('handshakes'), 2);
    for (const socket of sockets) socket?.terminate();
  });
});
