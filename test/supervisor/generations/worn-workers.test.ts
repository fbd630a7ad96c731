import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { findWorn, WornWorkers } from '../../../src/supervisor/generations/worn-workers.ts';
import type { WorkerSnapshot } from '../../../src/supervisor/snapshot.ts';
import { running, worker } from '../admin/snapshot.ts';

const GENERATIONS_MAX = 100;

function wornOf(...workers: readonly Partial<WorkerSnapshot>[]): number | undefined {
  const slots = workers.map((given, slot) => ({ ...worker, slot, ...given }));
  return findWorn({ ...running, workers: slots }, GENERATIONS_MAX);
}

suite('a worker', () => {
  test('is worn when it has loaded more generations than it may', () => {
    assert.equal(wornOf({ toolGenerationsLoaded: 100 }, {}), undefined);
    assert.equal(wornOf({ toolGenerationsLoaded: 100 }, { toolGenerationsLoaded: 101 }), 1);
  });

  test('that has loaded more than another goes first', () => {
    assert.equal(wornOf({ toolGenerationsLoaded: 101 }, { toolGenerationsLoaded: 102 }), 1);
  });

  test('that serves other tools than all others goes before all', () => {
    assert.equal(wornOf({ toolGenerationsLoaded: 200 }, { toolGeneration: 'other' }), 1);
  });

  test('that does not serve is not replaced: what comes after it begins anew', () => {
    assert.equal(wornOf({ toolGeneration: undefined, state: 'BOOTING' }), undefined);
    assert.equal(wornOf({ toolGenerationsLoaded: 500, state: 'DRAINING' }), undefined);
  });
});

suite('workers that are worn', () => {
  test('are replaced one at a time, and not while others are given other tools', (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] });
    const replaced: string[] = [];
    let isSwapping = true;
    const worn = { ...worker, toolGenerationsLoaded: 101 };
    using _watch = new WornWorkers({
      generationsMax: GENERATIONS_MAX,
      everyMs: 1_000,
      snapshot: () => ({ ...running, workers: [worn, { ...worn, slot: 1 }] }),
      isSwapping: () => isSwapping,
      recycle: (slot, reason) => replaced.push(`${slot} ${reason}`),
    });
    t.mock.timers.tick(1_000);
    assert.deepEqual(replaced, []);
    isSwapping = false;
    t.mock.timers.tick(1_000);
    assert.deepEqual(replaced, ['0 generations']);
  });
});
