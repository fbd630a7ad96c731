import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { silent } from '../../../src/shared/logger.ts';
import { listPins, pinTool, StoredPins, unpinTool } from '../../../src/worker/store/tool-pins.ts';
import { recordLog } from '../recorded-log.ts';
import { openMigrated } from './migrated.ts';

const PIN = { name: 'pay', definition: 'a', told: { name: 'pay', description: 'Pays.' } };

suite('a pin', () => {
  test('holds back a tool that tells something else, and no other', async () => {
    await using store = await openMigrated();
    await pinTool(store.admin, PIN);
    using pins = await StoredPins.open({ pool: await store.pool(), log: silent });
    assert.equal(pins.isHeldBack('pay', 'a'), false);
    assert.equal(pins.isHeldBack('pay', 'b'), true);
    assert.equal(pins.isHeldBack('refund', 'b'), false);
  });

  test('is known within seconds, and so is its end, each told once', async (t) => {
    await using store = await openMigrated();
    using pins = await StoredPins.open({ pool: await store.pool(), log: silent, everyMs: 20 });
    let told = 0;
    using _listening = pins.onChange(() => {
      told += 1;
    });
    await pinTool(store.admin, PIN);
    await t.waitFor(() => assert.equal(pins.isHeldBack('pay', 'b'), true));
    await pinTool(store.admin, { ...PIN, definition: 'b' });
    await t.waitFor(() => assert.equal(pins.isHeldBack('pay', 'b'), false));
    assert.equal(await unpinTool(store.admin, 'pay'), true);
    await t.waitFor(() => assert.equal(pins.isHeldBack('pay', 'a'), false));
    await t.waitFor(() => assert.equal(told, 3));
    assert.equal(await unpinTool(store.admin, 'pay'), false);
  });

  test('is read again when what was asked before is answered, and not sooner', async (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] });
    await using store = await openMigrated();
    const pool = await store.pool();
    using _pins = await StoredPins.open({ pool, log: silent });
    const { mock: asked } = t.mock.method(pool, 'query');
    for (let n = 0; n < 3; n += 1) t.mock.timers.tick(2_000);
    assert.equal(asked.callCount(), 1);
    await Promise.resolve<unknown>(asked.calls[0]?.result);
    await new Promise(setImmediate);
    t.mock.timers.tick(2_000);
    assert.equal(asked.callCount(), 2);
    await Promise.resolve<unknown>(asked.calls[1]?.result);
  });

  test('that is one too many is not enforced, and that is told once', async (t) => {
    await using store = await openMigrated();
    const { log, lines } = recordLog();
    await store.admin.query(`
      insert into holdfast.tool_pins (name, definition, told)
      select 'a' || lpad(n::text, 5, '0'), 'a', '{}' from generate_series(1, 10000) n`);
    using pins = await StoredPins.open({ pool: await store.pool(), log, everyMs: 20 });
    assert.equal(pins.isHeldBack('a10000', 'b'), true);
    assert.deepEqual(lines, []);
    await pinTool(store.admin, PIN);
    const told = {
      level: 'warn',
      message: 'there are too many pins of tools, not all are enforced',
      fields: { pinsMax: 10_000 },
    };
    await t.waitFor(() => assert.deepEqual(lines, [told]));
    // Whoever is known to be pinned now was read after the line was written.
    await pinTool(store.admin, { ...PIN, name: 'a00001', definition: 'b' });
    await t.waitFor(() => assert.equal(pins.isHeldBack('a00001', 'a'), true));
    assert.deepEqual(lines, [told]);
    assert.equal(pins.isHeldBack('pay', 'b'), false);
  });

  test('stays what it was when it is made again, with its time', async () => {
    await using store = await openMigrated();
    const pool = await store.pool();
    await pinTool(store.admin, PIN);
    const before = await listPins(pool);
    await pinTool(store.admin, { ...PIN, told: { description: 'something else' } });
    assert.deepEqual(await listPins(pool), before);
    assert.deepEqual(before[0]?.told, PIN.told);
  });
});
