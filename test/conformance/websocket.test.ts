import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Bridge } from './bridge/bridge.ts';
import { conform } from './conform.ts';
import type { LeftOut } from './judge.ts';
import { serve } from './server.ts';

const HEADERS = 'it is about headers of requests, and a frame has none';

/** What is about HTTP and nothing else. Origin and Host are not: the upgrade has them too. */
const HTTP_ONLY: readonly LeftOut[] = [
  { scenario: 'http-header-validation', reason: HEADERS },
  { scenario: 'http-custom-header-server-validation', reason: HEADERS },
  {
    scenario: 'server-stateless',
    check: 'sep-2575-http-server-header-mismatch-400',
    reason: HEADERS,
  },
  {
    scenario: 'server-sse-polling',
    reason: 'it is about ids of events and Last-Event-ID, and a socket has neither',
  },
  {
    scenario: 'server-session-lifecycle',
    reason: 'it is about DELETE and 404, and a socket is closed: the answers would be the bridge’s',
  },
  {
    scenario: 'server-initialize',
    check: 'server-session-id-visible-ascii',
    reason: 'a socket is its session, and has no id: it would be the bridge’s',
  },
];

test('a server of four workers conforms over WebSocket', async (t) => {
  await using served = await serve({ servers: 1, workers: 4 });
  await using bridge = await Bridge.open(`ws://127.0.0.1:${served.ports[0]}/mcp`);
  await conform(t, bridge.url, HTTP_ONLY);
  assert.deepEqual(served.errors(), []);
});
