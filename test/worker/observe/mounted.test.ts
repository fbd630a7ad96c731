import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { MountedCounts } from '../../../src/worker/observe/mounted.ts';
import { countsOf, openMetrics, seriesOf } from './counted.ts';

suite('of mounted servers', () => {
  test('calls, restarts and whether they are up are counted by name', async () => {
    const mounted = new MountedCounts();
    const metrics = openMetrics({ mounted });
    const docs = mounted.observe('docs');
    mounted.observe('files').up(true);
    docs.end('ok');
    docs.end('ok');
    docs.end('refused');
    docs.restart();
    // It is read more than once, and counts what it counted.
    await metrics.read();
    const valuesOf = async (name: string) =>
      (await seriesOf(metrics, name)).map(({ labels, value }) => [...Object.values(labels), value]);
    assert.deepEqual(await valuesOf('mcp_mounted_server_up'), [
      ['docs', 0],
      ['files', 1],
    ]);
    assert.deepEqual(await valuesOf('mcp_mounted_calls_total'), [
      ['docs', 'ok', 2],
      ['docs', 'refused', 1],
    ]);
    assert.deepEqual(await valuesOf('mcp_mounted_server_restarts_total'), [
      ['docs', 1],
      ['files', 0],
    ]);
  });

  test('one that two generations have is up while either reaches it, and gone with both', async () => {
    const mounted = new MountedCounts();
    const metrics = openMetrics({ mounted });
    const upOf = async () =>
      (await seriesOf(metrics, 'mcp_mounted_server_up')).map(({ value }) => value);
    const [before, after] = [mounted.observe('docs'), mounted.observe('docs')];
    before.up(true);
    assert.deepEqual(await upOf(), [1]);
    before[Symbol.dispose]();
    before.up(true);
    assert.deepEqual(await upOf(), [0]);
    after.up(true);
    assert.deepEqual(await upOf(), [1]);
    after[Symbol.dispose]();
    assert.deepEqual(await upOf(), []);
    assert.deepEqual(await countsOf(metrics, 'mcp_mounted_calls_total'), []);
  });
});
