import assert from 'node:assert/strict';
import { test } from 'node:test';

import { conform } from './conform.ts';
import { serve } from './server.ts';

test('a server of one worker conforms', async (t) => {
  await using served = await serve({ servers: 1, workers: 1 });
  await conform(t, `http://127.0.0.1:${served.ports[0]}/mcp`);
  assert.deepEqual(served.errors(), []);
});
