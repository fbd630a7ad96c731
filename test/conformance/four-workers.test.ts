import assert from 'node:assert/strict';
import { test } from 'node:test';

import { conform } from './conform.ts';
import { RoundRobin } from './proxy.ts';
import { serve } from './server.ts';

test('a server of four workers conforms', async (t) => {
  await using served = await serve({ servers: 1, workers: 4 });
  await conform(t, `http://127.0.0.1:${served.ports[0]}/mcp`);
  assert.deepEqual(served.errors(), []);
});

test('a server of four workers conforms if no two requests share a connection', async (t) => {
  await using served = await serve({ servers: 1, workers: 4 });
  await using proxy = await RoundRobin.open(served.ports);
  await conform(t, proxy.url);
  assert.deepEqual(served.errors(), []);
});
