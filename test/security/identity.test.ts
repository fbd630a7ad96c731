/** Who may come in, what they may do, and how long: at the port, with everything behind it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, suite, test } from 'node:test';

import { z } from 'zod';

import { revokeKey } from '../../src/worker/store/api-keys.ts';
import { defineTool } from '../../src/worker/tools/tool.ts';
import { Agent } from '../agent.ts';
import { AuthorizationServer } from '../support/authorization-server.ts';
import {
  begin,
  callOf,
  LEGACY,
  modernCallOf,
  modernHeaders,
  post,
} from '../worker/transport/mcp-served.ts';
import { bearing, upgrade, waits, whoami } from './callers.ts';
import { openWorkers, type Workers } from './workers.ts';

const AUDIENCE = 'https://mcp.example/mcp';
const PAGE = 'https://app.example';
const REVOKED_MS_MAX = 5_000;

const secret = defineTool({
  name: 'secret',
  description: 'Only for those who hold vault.',
  scope: 'vault',
  input: z.object({}),
  run: async () => 'gold',
});
const published = defineTool({
  name: 'published',
  description: 'Only for those who hold notes:read, which everybody may know of.',
  scope: 'notes:read',
  input: z.object({}),
  run: async () => 'notes',
});
suite('at the port', () => {
  const opened = new AsyncDisposableStack();
  let issuer: AuthorizationServer;
  let workers: Workers;
  let port: number;
  let other: number;
  let url: string;
  before(async () => {
    issuer = opened.use(await AuthorizationServer.open({ audience: AUDIENCE }));
    workers = opened.use(
      await openWorkers(
        { tools: [whoami, secret, published, waits] },
        {
          MCP_JWT_ISSUERS: issuer.issuer,
          MCP_JWT_AUDIENCE: AUDIENCE,
          MCP_JWT_SCOPES: 'notes:read',
          MCP_JWT_LEEWAY_MS: '1000',
          MCP_ORIGINS: PAGE,
          MCP_FAILED_LOGINS_PER_MIN: '1000',
        },
        2,
      ),
    );
    [port = 0, other = 0] = workers.ports;
    url = `http://127.0.0.1:${port}/mcp`;
  });
  after(async () => {
    await opened.disposeAsync();
  });

  const call = (name: string, headers: Record<string, string>) =>
    post(url, modernCallOf(name), { ...modernHeaders('tools/call', name), ...headers });

  test('a native client with a key gets its socket, and is who the key says (S2)', async () => {
    const { text } = await workers.makeKey({ principal: 'ann' });
    await using agent = await Agent.connectTo(`ws://127.0.0.1:${port}/mcp`, {
      headers: bearing(text),
    });
    const { result } = await agent.call('whoami', {});
    assert.equal(result?.content?.[0]?.text, 'key:ann');
  });

  test('nobody gets in without, over either transport, and is told where to log in (S27)', async () => {
    const refused = await upgrade(port, '/mcp');
    assert.equal(refused.status, 401);
    assert.match(refused.challenge ?? '', /^Bearer resource_metadata="http.*\/mcp"/);
    for (const method of ['POST', 'GET', 'DELETE']) {
      // oxlint-disable-next-line no-await-in-loop -- a few
      const answer = await fetch(url, { method, headers: LEGACY });
      assert.equal(answer.status, 401, method);
      assert.match(answer.headers.get('www-authenticate') ?? '', /^Bearer resource_metadata=/);
      assert.equal(answer.headers.get('content-type'), 'application/problem+json');
    }
    const wrong = await call('whoami', bearing(issuer.issue({ exp: 1 })));
    assert.equal(wrong.status, 401);
    assert.match(wrong.headers.get('www-authenticate') ?? '', /error="invalid_token"/);
  });

  test('the metadata says for what and by whom tokens are issued', async () => {
    for (const path of ['', '/mcp']) {
      // oxlint-disable-next-line no-await-in-loop -- two
      const answer = await fetch(
        `http://127.0.0.1:${port}/.well-known/oauth-protected-resource${path}`,
      );
      assert.equal(answer.status, 200);
      // oxlint-disable-next-line no-await-in-loop -- as above
      const metadata: unknown = await answer.json();
      assert.ok(typeof metadata === 'object' && metadata !== null);
      assert.deepEqual(Reflect.get(metadata, 'authorization_servers'), [issuer.issuer]);
      assert.deepEqual(Reflect.get(metadata, 'scopes_supported'), ['notes:read']);
    }
  });

  test('a token of another audience runs no tool (S28)', async () => {
    const answer = await call('whoami', bearing(issuer.issue({ aud: 'https://x/mcp' })));
    assert.equal(answer.status, 401);
  });

  test('a key in the query lets nobody in, and is logged nowhere (S7)', async () => {
    const { text } = await workers.makeKey({ principal: 'ann' });
    assert.equal((await upgrade(port, `/mcp?access_token=${text}`)).status, 401);
    assert.equal((await fetch(`${url}?access_token=${text}`, { headers: LEGACY })).status, 401);
    assert.ok(!JSON.stringify(workers.lines).includes(text));
  });

  test('a ticket is good once, for its origin, at every worker, and not over HTTP (S8)', async () => {
    const { text } = await workers.makeKey({ principal: 'page' });
    const issue = async (): Promise<string> => {
      const headers = { ...bearing(text), origin: PAGE };
      const answer = await fetch(`${url}/ticket`, { method: 'POST', headers });
      assert.equal(answer.status, 201);
      const issued: unknown = await answer.json();
      assert.ok(typeof issued === 'object' && issued !== null);
      assert.equal(Reflect.get(issued, 'expiresInMs'), 30_000);
      return `/mcp?ticket=${Reflect.get(issued, 'ticket')}`;
    };
    const once_ = await issue();
    const { socket, status } = await upgrade(other, once_, { origin: PAGE });
    assert.equal(status, 101);
    socket?.close();
    assert.equal((await upgrade(port, once_, { origin: PAGE })).status, 401);
    assert.equal((await upgrade(port, await issue(), {})).status, 401);
    const overHttp = await fetch(`http://127.0.0.1:${port}${await issue()}`, { headers: LEGACY });
    assert.equal(overHttp.status, 401);
    assert.equal((await fetch(`${url}/ticket`, { method: 'POST' })).status, 401);
  });

  test('a token without a published scope is told all that it takes, in both eras and transports (S29)', async () => {
    const headers = bearing(issuer.issue({ sub: 'ann', scope: 'other' }));
    const modern = await call('published', headers);
    assert.equal(modern.status, 403);
    const challenge = modern.headers.get('www-authenticate') ?? '';
    assert.match(challenge, /error="insufficient_scope"/);
    assert.match(challenge, /scope="notes:read"/);
    assert.match(challenge, /resource_metadata="/);
    const session = await begin(url, '2025-11-25', headers);
    const legacy = await post(url, callOf('published'), session);
    assert.equal(legacy.status, 403);
    assert.equal(legacy.headers.get('www-authenticate'), challenge);
    await using agent = await Agent.connectTo(`ws://127.0.0.1:${port}/mcp`, { headers });
    const { error } = await agent.call('published', {});
    assert.equal(error?.code, 403);
    assert.deepEqual(Reflect.get(error ?? {}, 'data'), {
      kind: 'forbidden',
      reason: 'insufficient_scope',
      scopes: ['notes:read'],
    });
    const enough = bearing(issuer.issue({ sub: 'ann', scope: 'notes:read' }));
    assert.equal((await call('published', enough)).status, 200);
  });

  test('what a caller may not use is on no list, and answers as what is not there (S44)', async () => {
    const { text } = await workers.makeKey({ principal: 'low', scopes: ['notes:read'] });
    await using agent = await Agent.connectTo(`ws://127.0.0.1:${port}/mcp`, {
      headers: bearing(text),
    });
    const { result } = await agent.request('tools/list', {});
    const listed: unknown = Reflect.get(result ?? {}, 'tools');
    assert.ok(Array.isArray(listed));
    assert.deepEqual(
      listed.map(({ name }) => name),
      ['published', 'waits', 'whoami'],
    );
    const { id: _id, ...hidden } = await agent.call('secret', {});
    const { id: _other, ...unknown } = await agent.call('nothing', {});
    assert.deepEqual(hidden, unknown);
    // A token that could never hold the scope learns no more.
    const token = bearing(issuer.issue({ sub: 'bob', scope: 'notes:read' }));
    assert.equal((await call('secret', token)).status, 200);
  });

  test('a session lends nobody the scopes of another key, whatever runs in it (S44)', async () => {
    const principal = 'two-keys';
    const high = bearing((await workers.makeKey({ principal, scopes: ['vault'] })).text);
    const low = bearing((await workers.makeKey({ principal, scopes: [] })).text);
    const session = await begin(url, '2025-11-25', high);
    const leaving = new AbortController();
    const running = fetch(url, {
      method: 'POST',
      headers: session,
      body: JSON.stringify(callOf('waits', 'long')),
      signal: leaving.signal,
    }).catch(() => undefined);
    const ask = async (id: string, of: Record<string, string>): Promise<unknown> =>
      (await post(url, callOf('secret', id), { ...session, ...of })).json();
    assert.equal(Reflect.has(Object(await ask('a', high)), 'result'), true);
    assert.equal(Reflect.has(Object(await ask('b', low)), 'error'), true);
    const cancelled = { requestId: 'long' };
    await post(
      url,
      { jsonrpc: '2.0', method: 'notifications/cancelled', params: cancelled },
      session,
    );
    leaving.abort();
    await running;
  });

  test('the token of operators opens nothing to agents (S45)', async () => {
    assert.equal(
      (await call('whoami', bearing('an operator’s token, long'.replace(/\W/g, '-')))).status,
      401,
    );
  });

  test('a revoked key closes every socket and stream at every worker in 5 s, and aborts what runs (S30)', async () => {
    const { id, text } = await workers.makeKey({ principal: 'gone' });
    const headers = bearing(text);
    const agents = await Promise.all(
      [port, other].map((at) => Agent.connectTo(`ws://127.0.0.1:${at}/mcp`, { headers })),
    );
    const running = agents.map((agent) => agent.call('waits', {}).catch(() => 'cut off'));
    const closed = agents.map(async ({ socket }) => {
      const [code, reason] = await once(socket, 'close');
      return [code, String(reason)];
    });
    const session = await begin(url, '2025-11-25', headers);
    const stream = await fetch(url, { headers: { ...session, accept: 'text/event-stream' } });
    assert.equal(stream.status, 200);
    const streamOver = stream.text().catch(() => 'broken off');
    const revokedAt = performance.now();
    await revokeKey(workers.admin, id);
    for (const end of await Promise.all(closed)) {
      assert.deepEqual(end, [1008, 'This key was revoked, or has expired']);
    }
    assert.deepEqual(await Promise.all(running), ['cut off', 'cut off']);
    await streamOver;
    const tookMs = performance.now() - revokedAt;
    assert.ok(tookMs < REVOKED_MS_MAX, `${tookMs} ms`);
    assert.equal((await post(url, callOf('whoami'), session)).status, 401);
    assert.equal((await upgrade(other, '/mcp', headers)).status, 401);
  });

  test('a token that expires takes its socket with it, its leeway over (S30)', async () => {
    const exp = Math.floor(Date.now() / 1_000) + 1;
    const headers = bearing(issuer.issue({ sub: 'ann', exp }));
    await using agent = await Agent.connectTo(`ws://127.0.0.1:${port}/mcp`, { headers });
    const [code] = await once(agent.socket, 'close');
    assert.equal(code, 1008);
    // The leeway, and a second in which it is noticed; timers are not early.
    const lateMs = Date.now() - exp * 1_000;
    assert.ok(lateMs >= 900 && lateMs < 4_000, `${lateMs} ms after it expired`);
    assert.equal((await call('whoami', headers)).status, 401);
  });

  test('every call, refusal and intruder leaves a row that says who, what and how it ended (S64)', async (t) => {
    const { text } = await workers.makeKey({ principal: 'audited' });
    const headers = bearing(text);
    const session = await begin(url, '2025-11-25', headers);
    await post(url, callOf('whoami'), session);
    await post(url, callOf('nothing'), session);
    const eve = bearing((await workers.makeKey({ principal: 'eve' })).text);
    assert.equal((await post(url, callOf('whoami'), { ...session, ...eve })).status, 404);
    const rowsOf = async (who: string): Promise<unknown[]> => {
      const { rows } = await workers.admin.query(
        `select kind, action, subject, outcome, host(address::inet) as address, duration_ms >= 0 as timed
        from holdfast.audit where who = $1 order by at, subject desc`,
        [who],
      );
      return rows;
    };
    await t.waitFor(async () => assert.equal((await rowsOf('key:audited')).length, 2));
    const from = { action: 'tools/call', address: '127.0.0.1', timed: true };
    assert.deepEqual(await rowsOf('key:audited'), [
      { kind: 'call', ...from, subject: 'whoami', outcome: 'ok' },
      { kind: 'call', ...from, subject: 'nothing', outcome: 'not-found' },
    ]);
    await t.waitFor(async () => assert.equal((await rowsOf('key:eve')).length, 1));
    const { rows } = await workers.admin.query(
      `select count(*)::int as count from holdfast.audit where action = 'authenticate' and outcome = 'unauthorized'`,
    );
    assert.ok(rows[0].count > 0);
  });
});
