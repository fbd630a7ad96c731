import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { suite, test } from 'node:test';

import type { Proof } from '../../../src/shared/proof.ts';
import { fault, proofOf } from './proofs.ts';
import { setUp, tool } from './reload-of-doubles.ts';
import type { Reaction } from './serving-workers.ts';

suite('a reload of tools', () => {
  test('prepares them in all workers, then serves them, then tells agents once', async () => {
    using given = setUp();
    const { folders, reload, workers, generations } = given;
    const order: string[] = [];
    for (const worker of workers) worker.onTold = (what) => order.push(what.split(' ')[0] ?? '');
    folders.write('add.ts', '2');
    const over = given.until('tools_reloaded');
    assert.equal(reload.order(), 'accepted');
    await over;
    assert.deepEqual(order, ['prepare', 'prepare', 'swap', 'swap']);
    const { id } = generations.current;
    assert.notEqual(id, given.first);
    assert.deepEqual(
      workers.map(({ toolGeneration }) => toolGeneration),
      [id, id],
    );
    assert.deepEqual(given.announced, [['tools']]);
    assert.deepEqual(given.types(), ['tools_reload_started', 'tools_reloaded']);
    const { last, counts, previous, toolGeneration } = reload.snapshot();
    assert.deepEqual([toolGeneration, previous], [id, given.first]);
    assert.partialDeepStrictEqual(last, { result: 'reloaded', lists: ['tools'], faults: [] });
    assert.deepEqual(counts, { tools: 1, resources: 0, prompts: 0 });
  });

  test('does nothing if the files are what they were', async () => {
    using given = setUp();
    const over = given.until('tools_unchanged');
    given.reload.order();
    await over;
    assert.deepEqual(given.types(), ['tools_unchanged']);
    assert.equal(given.reload.snapshot().last?.result, 'unchanged');
    assert.deepEqual(given.workers[0]?.told, []);
  });

  test('tells agents nothing if only the code changed', async () => {
    using given = setUp({ prove: async (generation) => proofOf(generation, [tool]) });
    given.folders.write('add.ts', '2');
    const over = given.until('tools_reloaded');
    given.reload.order();
    await over;
    assert.deepEqual(given.announced, []);
  });

  test('tells agents that all may have changed if nobody knows how it was', async () => {
    using given = setUp();
    given.proofs.clear();
    given.folders.write('add.ts', '2');
    const over = given.until('tools_reloaded');
    given.reload.order();
    await over;
    assert.deepEqual(given.announced, [['tools', 'resources', 'prompts']]);
  });

  test('changes nothing if they cannot be proved, and says why', async () => {
    const proof: Proof = { ...proofOf('', []), faults: Array.from({ length: 50 }, () => fault) };
    using given = setUp({ prove: async () => proof });
    given.folders.write('add.ts', '2');
    const over = given.until('tools_reload_failed');
    given.reload.order();
    await over;
    assert.equal(given.generations.current.id, given.first);
    assert.deepEqual(given.workers[0]?.told, []);
    const event = given.events.at(-1);
    assert.ok(event?.type === 'tools_reload_failed');
    assert.deepEqual(event.faults[0], fault);
    assert.equal(event.faults.length, 20);
    assert.equal(given.reload.snapshot().last?.faults[0], fault);
  });

  test('changes nothing if the files are gone', async () => {
    using given = setUp();
    rmSync(given.folders.tools, { recursive: true });
    const over = given.until('tools_reload_failed');
    given.reload.order();
    await over;
    assert.deepEqual(given.types(), ['tools_reload_failed']);
    assert.match(given.reload.snapshot().last?.faults[0]?.message ?? '', /there is nothing there/);
    assert.equal(given.reload.snapshot().last?.toolGeneration, undefined);
    assert.equal(given.reload.order(), 'accepted');
  });

  for (const [reaction, expected] of [
    ['is-unfit', /slot 1 did not prepare them: add.ts cannot be loaded/],
    ['ends', /slot 1 did not prepare them: it ended/],
    ['says-nothing', /slot 1 did not prepare them: it did not answer in 100 ms/],
  ] as const satisfies readonly (readonly [Reaction, RegExp])[]) {
    test(`changes nothing if one worker ${reaction} when it is to prepare`, async () => {
      using given = setUp({ deadlineMs: 100 });
      const [one, other] = given.workers;
      assert.ok(one !== undefined && other !== undefined);
      other.reactions.prepare = reaction;
      given.folders.write('add.ts', '2');
      const over = given.until('tools_reload_failed');
      given.reload.order();
      await over;
      assert.equal(given.generations.current.id, given.first);
      assert.equal(one.toolGeneration, given.first);
      assert.deepEqual(
        one.told.map((what) => what.split(' ')[0]),
        ['prepare', 'drop'],
      );
      assert.match(given.reload.snapshot().last?.faults[0]?.message ?? '', expected);
      assert.deepEqual(given.announced, []);
    });
  }

  test('goes on without a worker that ends when it is to serve them', async () => {
    using given = setUp();
    const [one, other] = given.workers;
    assert.ok(one !== undefined && other !== undefined);
    other.reactions.swap = 'ends';
    given.folders.write('add.ts', '2');
    const over = given.until('tools_reloaded');
    given.reload.order();
    await over;
    assert.equal(one.toolGeneration, given.generations.current.id);
    assert.ok(!given.types().includes('tools_not_taken'));
  });

  test('tells of a worker that does not serve them, which is to be replaced', async () => {
    using given = setUp({ deadlineMs: 100 });
    const [, other] = given.workers;
    assert.ok(other !== undefined);
    other.reactions.swap = 'says-nothing';
    given.folders.write('add.ts', '2');
    const over = given.until('tools_reloaded');
    given.reload.order();
    await over;
    const event = given.events.find(({ type }) => type === 'tools_not_taken');
    assert.partialDeepStrictEqual(event, { slot: 1, toolGeneration: given.generations.current.id });
  });

  test('serves them to nobody if nobody serves, and to whoever comes', async () => {
    using given = setUp();
    for (const worker of given.workers) worker.end();
    given.folders.write('add.ts', '2');
    const over = given.until('tools_reloaded');
    given.reload.order();
    await over;
    assert.notEqual(given.reload.current, given.first);
  });

  test('is refused while one is done, and while we stop', async () => {
    const proving = Promise.withResolvers<Proof>();
    using given = setUp({ prove: () => proving.promise });
    given.folders.write('add.ts', '2');
    assert.equal(given.reload.order(), 'accepted');
    assert.ok(given.reload.snapshot().reloading);
    assert.equal(given.reload.order(), 'busy');
    assert.equal(given.reload.rollback(), 'busy');
    const over = given.until('tools_reloaded');
    proving.resolve(proofOf(given.first, []));
    await over;
    given.stopping.abort();
    assert.equal(given.reload.order(), 'busy');
  });

  test('is broken off when we stop', async () => {
    using given = setUp();
    const [one] = given.workers;
    assert.ok(one !== undefined);
    one.reactions.prepare = 'says-nothing';
    one.onTold = () => {
      given.stopping.abort();
    };
    given.folders.write('add.ts', '2');
    const over = given.until('tools_reload_failed');
    given.reload.order();
    await over;
    assert.equal(given.generations.current.id, given.first);
  });
});
