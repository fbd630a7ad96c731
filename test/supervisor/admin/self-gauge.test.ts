import assert from 'node:assert/strict';
import { test } from 'node:test';

import { SelfGauge } from '../../../src/supervisor/admin/self-gauge.ts';

test('a process that was held up says by how much, and what it holds', async (t) => {
  using gauge = new SelfGauge();
  await t.waitFor(() => assert.notEqual(gauge.loopLagP99Ms, undefined));
  const until = performance.now() + 150;
  while (performance.now() < until);
  await t.waitFor(() => assert.ok((gauge.loopLagP99Ms ?? 0) > 50));
  assert.ok((gauge.rssBytes ?? 0) > 1e6);
});
