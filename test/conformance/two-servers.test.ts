import assert from 'node:assert/strict';
import { test } from 'node:test';

import { conform } from './conform.ts';
import { RoundRobin } from './proxy.ts';
import { serve } from './server.ts';

test('two servers that share Postgres and Redis conform as one, behind a proxy that takes turns', async (t) => {
  await using served = await serve({ servers: 2, workers: 2 });
  await using proxy = await RoundRobin.open(served.ports);
  await conform(t, proxy.url);
  assert.deepEqual(served.errors(), []);
});
