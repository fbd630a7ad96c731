import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { ask, authorization } from './ask.ts';
import { open } from './opened.ts';
import { facts } from './snapshot.ts';

const throughProxy = { 'x-forwarded-for': '203.0.113.7' };

suite('who may ask', () => {
  for (const path of ['state', 'events', 'fatal', 'quarantine']) {
    test(`/supervisor/${path} needs the token from elsewhere`, async () => {
      await using opened = await open();
      opened.source.facts = { ...facts, fatal: {} };
      const whole = `/supervisor/${path}`;
      assert.equal((await ask(opened, whole)).status, 200);
      assert.equal((await ask(opened, whole, { headers: throughProxy })).status, 401);
      const headers = { ...throughProxy, authorization };
      assert.equal((await ask(opened, whole, { headers })).status, 200);
    });
  }

  test('the probes need none, from wherever', async () => {
    await using opened = await open();
    for (const path of ['/livez', '/readyz', '/startupz', '/healthz']) {
      assert.equal((await ask(opened, path, { headers: throughProxy })).status, 200);
    }
  });

  test('a web page may not, whatever its origin', async () => {
    await using opened = await open();
    for (const origin of ['https://evil.example', 'http://localhost:9090', 'null']) {
      const { status, headers } = await ask(opened, '/livez', { headers: { origin } });
      assert.equal(status, 403);
      assert.equal(headers['access-control-allow-origin'], undefined);
    }
  });

  test('a name that is not ours may not stand in Host', async () => {
    await using opened = await open();
    for (const [host, expected] of [
      ['localhost', 200],
      ['LOCALHOST:9090', 200],
      ['127.0.0.1:9090', 200],
      ['10.1.2.3', 200],
      ['[::1]:9090', 200],
      ['holdfast.example:9090', 200],
      ['evil.example', 421],
      ['localhost.evil.example', 421],
      ['127.0.0.1.evil.example', 421],
      ['127.0.0.1@evil.example', 421],
    ] as const) {
      assert.equal((await ask(opened, '/livez', { headers: { host } })).status, expected, host);
    }
  });

  test('what is nowhere is 404, and what is asked wrongly 405', async () => {
    await using opened = await open();
    assert.equal((await ask(opened, '/supervisor')).status, 404);
    for (const [method, path, allow] of [
      ['POST', '/livez', 'GET, HEAD'],
      ['GET', '/supervisor/reload', 'POST'],
      ['DELETE', '/supervisor/quarantine', 'GET, HEAD, POST'],
      ['OPTIONS', '/supervisor/state', 'GET, HEAD'],
    ] as const) {
      const answer = await ask(opened, path, { method });
      assert.deepEqual([answer.status, answer.headers.allow], [405, allow]);
    }
  });
});
