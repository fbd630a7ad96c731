import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { suite, test } from 'node:test';

import { proofOf } from './proofs.ts';
import { setUp, tool } from './reload-of-doubles.ts';

suite('files that change', () => {
  test('while tools are loaded are loaded once more, however often they do', async (t) => {
    let proved = 0;
    const proving = Promise.withResolvers<void>();
    using given = setUp({
      prove: async (generation) => {
        proved += 1;
        await proving.promise;
        return proofOf(generation, [tool]);
      },
    });
    given.folders.write('add.ts', '2');
    given.reload.noteChange();
    for (const text of ['3', '4', '5']) {
      given.folders.write('add.ts', text);
      given.reload.noteChange();
    }
    proving.resolve();
    await t.waitFor(() => {
      assert.ok(!given.reload.snapshot().reloading);
    });
    assert.equal(proved, 2);
    assert.equal(given.reload.snapshot().last?.result, 'reloaded');
    assert.equal(given.generations.current.id, given.generations.keep([given.folders.tools]).id);
  });

  test('are not taken if they become what was rolled back from, unless somebody orders it', async () => {
    using given = setUp();
    const { reload, folders } = given;
    folders.write('add.ts', '2');
    let over = given.until('tools_reloaded');
    reload.order();
    await over;
    const bad = reload.current;
    over = given.until('tools_rolled_back');
    assert.equal(reload.rollback(), 'accepted');
    await over;
    assert.equal(reload.current, given.first);
    over = given.until('tools_unchanged');
    reload.noteChange();
    await over;
    assert.equal(reload.current, given.first);
    over = given.until('tools_reloaded');
    reload.order();
    await over;
    assert.equal(reload.current, bad);
  });

  test('are loaded again after a worker ended in the middle of it', async (t) => {
    using given = setUp();
    const [, other] = given.workers;
    assert.ok(other !== undefined);
    other.reactions.prepare = 'ends';
    given.folders.write('add.ts', '2');
    given.reload.noteChange();
    await t.waitFor(
      () => {
        assert.equal(given.reload.snapshot().last?.result, 'reloaded');
      },
      { timeout: 10_000 },
    );
    assert.ok(given.types().includes('tools_reload_failed'));
    assert.notEqual(given.reload.current, given.first);
  });

  test('are not loaded again for ever', async (t) => {
    using given = setUp();
    for (const worker of given.workers) worker.reactions.prepare = 'is-unfit';
    given.folders.write('add.ts', '2');
    given.reload.noteChange();
    await t.waitFor(
      () => {
        const failed = given.types().filter((type) => type === 'tools_reload_failed');
        assert.equal(failed.length, 3);
        assert.ok(!given.reload.snapshot().reloading);
      },
      { timeout: 20_000 },
    );
  });
});

suite('a rollback', () => {
  test('serves what was served before, without proving it again', async () => {
    using given = setUp();
    const { reload, folders, workers } = given;
    folders.write('add.ts', '2');
    let over = given.until('tools_reloaded');
    reload.order();
    await over;
    const bad = reload.current;
    over = given.until('tools_rolled_back');
    reload.rollback();
    await over;
    assert.deepEqual(
      workers.map(({ toolGeneration }) => toolGeneration),
      [given.first, given.first],
    );
    assert.deepEqual(given.announced, [['tools'], ['tools']]);
    assert.partialDeepStrictEqual(given.events.at(-1), { from: bad, toolGeneration: given.first });
    assert.ok(given.generations.isRejected(bad));
    assert.equal(reload.snapshot().last?.result, 'rolled-back');
  });

  test('leads nowhere if nothing was served before, or it is no longer there', async () => {
    using given = setUp();
    assert.equal(given.reload.rollback(), 'no-previous');
    given.folders.write('add.ts', '2');
    const over = given.until('tools_reloaded');
    given.reload.order();
    await over;
    rmSync(`${given.folders.stateFolder}/generations/${given.first}.json`);
    assert.equal(given.reload.rollback(), 'no-previous');
  });

  test('changes nothing if a worker cannot prepare it', async () => {
    using given = setUp();
    const [one] = given.workers;
    assert.ok(one !== undefined);
    given.folders.write('add.ts', '2');
    let over = given.until('tools_reloaded');
    given.reload.order();
    await over;
    const { current } = given.reload;
    one.reactions.prepare = 'is-unfit';
    over = given.until('tools_reload_failed');
    given.reload.rollback();
    await over;
    assert.equal(given.reload.current, current);
    assert.equal(given.reload.snapshot().previous, given.first);
  });
});
