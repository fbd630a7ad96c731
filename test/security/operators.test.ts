import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { after, before, suite, test } from 'node:test';

import { routesOf } from '../../src/supervisor/admin/routes.ts';
import { ask, authorization } from '../supervisor/admin/ask.ts';
import { type Opened, open } from '../supervisor/admin/opened.ts';

const AGENTS_KEY = 'Bearer hf_live_0123456789abcdefghijklmnopqrstuvwxyz';
const FROM_ELSEWHERE = { 'x-forwarded-for': '203.0.113.7' };
let admin: Opened;
let orders: readonly string[];
let readings: readonly string[];

before(async () => {
  admin = await open();
  const routes = routesOf({
    source: admin.source,
    look: () => assert.fail('Nobody looks'),
    events: admin.events,
    redacted: (value) => value,
    metrics: { contentType: '', render: async () => '' },
    onOperation: () => undefined,
    audit: () => undefined,
  });
  const pathsOf = (...access: readonly string[]) =>
    routes
      .filter((route) => access.includes(route.access))
      .map(({ path }) => path.replace(/\{\w+\}/, '0'));
  orders = pathsOf('token');
  readings = pathsOf('local');
});
after(() => admin[Symbol.asyncDispose]());

suite('the operators’ port', () => {
  test('takes no key of an agent for its own token, whatever is ordered (S45)', async () => {
    assert.ok(orders.length >= 5);
    for (const path of orders) {
      for (const headers of [
        {},
        { authorization: AGENTS_KEY },
        { authorization: `${authorization}x` },
        { cookie: authorization },
      ]) {
        // oxlint-disable-next-line no-await-in-loop -- the port takes a few at once
        const answer = await ask(admin, path, { method: 'POST', headers });
        assert.equal(answer.status, 401, path);
        assert.equal(answer.headers['www-authenticate'], 'Bearer');
      }
      // oxlint-disable-next-line no-await-in-loop -- as above
      const inQuery = await ask(admin, `${path}?access_token=${authorization.slice(7)}`, {
        method: 'POST',
      });
      assert.equal(inQuery.status, 401);
    }
    assert.deepEqual(admin.source.orders, []);
  });

  test('takes no order of a page, although it shows the token (S58)', async () => {
    for (const path of orders) {
      for (const origin of [
        'https://evil.example',
        'null',
        'http://127.0.0.1:9090',
        'http://localhost',
      ]) {
        const headers = { authorization, origin, 'content-type': 'text/plain' };
        // oxlint-disable-next-line no-await-in-loop -- the port takes a few at once
        const answer = await ask(admin, path, { method: 'POST', headers, body: '{"workers":1}' });
        assert.equal(answer.status, 403, path);
        assert.equal(answer.headers['access-control-allow-origin'], undefined);
      }
    }
    assert.deepEqual(admin.source.orders, []);
  });

  test('shows nothing but probes to who comes from elsewhere and has no token (S59)', async () => {
    assert.ok(readings.includes('/metrics') && readings.includes('/supervisor/state'));
    for (const path of readings) {
      for (const headers of [
        FROM_ELSEWHERE,
        { forwarded: 'for=203.0.113.7' },
        { via: '1.1 proxy' },
        { 'x-real-ip': '127.0.0.1' },
      ]) {
        // oxlint-disable-next-line no-await-in-loop -- the port takes a few at once
        assert.equal((await ask(admin, path, { headers })).status, 401, path);
      }
      // oxlint-disable-next-line no-await-in-loop -- as above
      const shown = await ask(admin, path, { headers: { ...FROM_ELSEWHERE, authorization } });
      assert.notEqual(shown.status, 401, path);
    }
  });

  test('has no label that could hold what an agent said (S59)', () => {
    const declared = globSync('src/**/*.ts')
      .flatMap((path) => [...readFileSync(path, 'utf8').matchAll(/labelNames: \[([^\]]*)\]/g)])
      .flatMap(([, names = '']) => [...names.matchAll(/'(\w+)'/g)].map(([, name = '']) => name));
    assert.ok(declared.length > 5);
    const closed =
      /^(server|reason|result|state|limit|what|name|outcome|gen_ai_tool_name|network_transport|network_protocol_name|mcp_protocol_version|mcp_method_name|error_type|rpc_response_status_code|le)$/;
    assert.deepEqual(
      declared.filter((name) => !closed.test(name)),
      [],
    );
  });
});

suite('the inspector', () => {
  test('is opened by nothing that we start, and asked for nowhere (S67)', () => {
    const files = globSync([
      'src/**/*.ts',
      'bin/*',
      'Dockerfile',
      'compose.yaml',
      'ecosystem.config.json',
      'deploy/**/*.service',
      'package.json',
    ]);
    assert.ok(files.length > 100);
    const opening = files.filter((path) =>
      /--inspect|inspector\.open|--heapsnapshot|--heap-prof|--report-on/.test(
        readFileSync(path, 'utf8'),
      ),
    );
    assert.deepEqual(opening, []);
  });
});
