import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { STOP_MS } from '../../../src/worker/tools/room.ts';
import { isStuck, now, openPlaces, refusalOf } from './open-places.ts';

suite('a tool', () => {
  test('is stuck while its places are held by calls that were given up on', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { take, counted, lines } = openPlaces();
    const [first, second] = [now(take('ann')), now(take('bob'))];
    first.giveUp();
    second.giveUp();
    const waited = refusalOf(() => take('cid'));
    t.mock.timers.tick(STOP_MS);
    isStuck(await waited);
    assert.throws(() => take('dan'), isStuck);
    assert.throws(() => take('dan'), isStuck);
    first.leave();
    now(take('dan')).leave();
    second.leave();
    assert.deepEqual(counted, [
      'tried stuck',
      'tool_stuck',
      'tool_stuck',
      'tool_stuck',
      'tried free',
    ]);
    assert.deepEqual(
      lines.map(({ level, message, fields }) => [level, message, fields]),
      [
        ['warn', 'tool is stuck', { tool: 'tried' }],
        ['info', 'tool is no longer stuck', { tool: 'tried' }],
      ],
    );
  });

  test('is not stuck if what was given up on ends soon, and who waited is served', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { take, counted } = openPlaces({ concurrencyMax: 1 });
    const place = now(take('ann'));
    place.giveUp();
    const waited = take('bob');
    t.mock.timers.tick(STOP_MS - 1);
    place.leave();
    t.mock.timers.tick(60_000);
    await waited;
    assert.deepEqual(counted, []);
  });

  test('is not stuck while one of its calls is waited for', (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { take, counted } = openPlaces();
    now(take('ann')).giveUp();
    now(take('bob'));
    t.mock.timers.tick(STOP_MS);
    assert.ok(take('cid') instanceof Promise);
    assert.deepEqual(counted, []);
  });

  test('is stuck for one principal alone if all that it may have is', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { take, counted, lines } = openPlaces({ concurrencyMax: 4, concurrencyOfOneMax: 2 });
    const places = [now(take('ann')), now(take('ann'))];
    for (const place of places) place.giveUp();
    const waited = refusalOf(() => take('ann'));
    t.mock.timers.tick(STOP_MS);
    isStuck(await waited);
    assert.throws(() => take('ann'), isStuck);
    now(take('bob'));
    places[0]?.leave();
    now(take('ann'));
    // Others are served, so that nobody is told that the tool is stuck.
    assert.deepEqual([counted, lines], [['tool_stuck', 'tool_stuck'], []]);
  });

  test('that is held back takes no calls until its time is over', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { take, hold, counted } = openPlaces({ concurrencyMax: 1 });
    const place = now(take('ann'));
    const waited = refusalOf(() => take('bob'));
    hold(60_000);
    isStuck(await waited);
    t.mock.timers.tick(30_000);
    hold(60_000);
    t.mock.timers.tick(59_999);
    assert.throws(() => take('bob'), isStuck);
    place.leave();
    t.mock.timers.tick(1);
    now(take('bob'));
    assert.deepEqual(counted, ['tried stuck', 'tool_stuck', 'tool_stuck', 'tried free']);
  });
});
