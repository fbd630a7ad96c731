import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';

import { Generations } from '../../../src/supervisor/generations/generations.ts';
import { recordLog } from '../../worker/recorded-log.ts';
import { running } from '../admin/snapshot.ts';
import { makeFolders } from './generations-folder.ts';
import { fault, proofOf } from './proofs.ts';
import { setUp, tool } from './reload-of-doubles.ts';
import { DoubleWorker } from './serving-workers.ts';

/** Says that it is ready, as a worker does that was told what to load. */
function becomeReady(worker: DoubleWorker): void {
  worker.say({ type: 'ready', port: 1, generation: worker.toolGeneration ?? '' });
}

suite('a worker that becomes ready', () => {
  test('with other tools than all others is brought along, and agents are told', async (t) => {
    using given = setUp();
    given.folders.write('add.ts', '2');
    const over = given.until('tools_reloaded');
    given.reload.order();
    await over;
    const late = new DoubleWorker(2, given.first);
    given.join(late);
    becomeReady(late);
    await t.waitFor(() => {
      assert.equal(late.toolGeneration, given.reload.current);
      assert.deepEqual(given.announced, [['tools'], ['tools']]);
    });
  });

  test('with the same tools is left alone', () => {
    using given = setUp();
    const other = new DoubleWorker(2, given.first);
    given.join(other);
    becomeReady(other);
    assert.deepEqual(other.told, []);
  });

  test('is who makes them what a later start can go back to', () => {
    using folders = makeFolders();
    const { log } = recordLog();
    const { stateFolder } = folders;
    const start = (): Generations => {
      const generations = new Generations({ stateFolder, now: Date.now, log });
      generations.open([folders.tools]);
      return generations;
    };
    folders.write('a.ts', '1');
    const generations = start();
    using given = setUp({ generations });
    const worker = new DoubleWorker(2, 'other');
    given.join(worker);
    worker.say({ type: 'ready', port: 1, generation: generations.current.id });
    folders.write('a.ts', '2');
    assert.equal(start().previousId, generations.current.id);
  });

  test('while the others swap is brought along before agents are told', async () => {
    using given = setUp();
    const [one] = given.workers;
    assert.ok(one !== undefined);
    const late = new DoubleWorker(2, given.first);
    one.onTold = (what) => {
      if (!what.startsWith('swap')) return;
      given.join(late);
      becomeReady(late);
    };
    given.folders.write('add.ts', '2');
    const over = given.until('tools_reloaded');
    given.reload.order();
    await over;
    assert.equal(late.toolGeneration, given.reload.current);
    await given.reload.settled();
    assert.deepEqual(given.announced, [['tools']]);
  });

  test('and cannot be brought along is told of', async () => {
    using given = setUp();
    const late = new DoubleWorker(2, 'other');
    late.reactions.prepare = 'is-unfit';
    given.join(late);
    becomeReady(late);
    await given.reload.settled();
    assert.partialDeepStrictEqual(given.events, [{ type: 'tools_not_taken', slot: 2 }]);
    assert.deepEqual(given.announced, []);
  });
});

/** Gives all workers other tools but one, which cannot serve them. */
async function leaveOneBehind(given: ReturnType<typeof setUp>): Promise<DoubleWorker> {
  const [, two] = given.workers;
  assert.ok(two !== undefined);
  two.reactions.swap = 'is-unfit';
  given.folders.write('add.ts', '2');
  const over = given.until('tools_reloaded');
  given.reload.order();
  await over;
  assert.equal(two.toolGeneration, given.first);
  assert.deepEqual(given.announced, [['tools']]);
  return two;
}

suite('a worker that is left behind', () => {
  test('and swaps after all has agents told once more', async () => {
    using given = setUp();
    const two = await leaveOneBehind(given);
    two.toolGeneration = given.reload.current;
    const swapped = { type: 'generation', step: 'swapped', message: undefined } as const;
    for (let times = 0; times < 2; times++) {
      two.say({ ...swapped, generation: given.reload.current });
    }
    assert.deepEqual(given.announced, [['tools'], ['tools']]);
  });

  test('and is replaced has agents told once more', async () => {
    using given = setUp();
    const two = await leaveOneBehind(given);
    const next = new DoubleWorker(1, given.reload.current);
    given.join(next);
    becomeReady(next);
    assert.deepEqual(given.announced, [['tools']]);
    const heartbeat = running.workers[0]?.heartbeat;
    assert.ok(heartbeat !== undefined);
    two.end();
    next.say({ type: 'heartbeat', ...heartbeat });
    assert.deepEqual(given.announced, [['tools'], ['tools']]);
  });
});

suite('workers that are replaced', () => {
  test('are not given other tools until that is over', async (t) => {
    using given = setUp();
    const [one] = given.workers;
    given.state.isReplacing = true;
    given.folders.write('add.ts', '2');
    const proved = given.until('tools_reload_started');
    given.reload.order();
    await proved;
    await turn();
    assert.deepEqual(one?.told, []);
    assert.ok(!given.reload.isSwapping);
    given.state.isReplacing = false;
    await t.waitFor(() => {
      assert.equal(given.reload.snapshot().last?.result, 'reloaded');
    });
  });

  test('wait while others are given other tools', async () => {
    using given = setUp();
    const [one] = given.workers;
    assert.ok(one !== undefined);
    const seen: boolean[] = [];
    one.onTold = () => seen.push(given.reload.isSwapping);
    given.folders.write('add.ts', '2');
    const over = given.until('tools_reloaded');
    given.reload.order();
    await over;
    assert.deepEqual(seen, [true, true]);
    await given.reload.settled();
    assert.ok(!given.reload.isSwapping);
  });
});

suite('what operators read', () => {
  test('is what is served, down to the files and what was found in them', async () => {
    using given = setUp();
    const { sources, proof } = given.reload.details();
    assert.equal(sources[0]?.path, given.folders.tools);
    assert.equal(proof?.entries[0]?.name, 'add');
    const retried = { ...proofOf(given.first, [tool]), warnings: [fault] };
    given.proofs.set(given.first, retried);
    assert.equal(given.reload.details().proof, retried);
  });

  test('is known once a worker has loaded it and said so', () => {
    using given = setUp();
    assert.equal(given.reload.snapshot().counts, undefined);
    const heartbeat = running.workers[0]?.heartbeat;
    assert.ok(heartbeat !== undefined);
    given.workers[0]?.say({ type: 'heartbeat', ...heartbeat });
    assert.equal(given.reload.snapshot().counts?.tools, 1);
  });

  test('is not looked for for ever where it is never kept', () => {
    let looks = 0;
    using given = setUp({
      findProof: () => {
        looks += 1;
        return undefined;
      },
    });
    const [one] = given.workers;
    const heartbeat = running.workers[0]?.heartbeat;
    assert.ok(one !== undefined && heartbeat !== undefined);
    for (let beat = 0; beat < 100; beat++) one.say({ type: 'heartbeat', ...heartbeat });
    assert.equal(looks, 10);
    becomeReady(one);
    one.say({ type: 'heartbeat', ...heartbeat });
    assert.equal(looks, 11);
  });

  test('is nothing before the start', () => {
    using folders = makeFolders();
    const { log } = recordLog();
    const generations = new Generations({ stateFolder: folders.stateFolder, now: Date.now, log });
    using given = setUp({ generations });
    const { reload } = given;
    assert.equal(reload.details().toolGeneration, undefined);
    assert.deepEqual([reload.order(), reload.rollback()], ['busy', 'busy']);
  });
});
