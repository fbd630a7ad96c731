import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { silent } from '../../../src/shared/logger.ts';
import { Lane } from '../../../src/worker/tools/lane.ts';
import { defineTool } from '../../../src/worker/tools/tool.ts';
import { isBusy, isFailure, now, openPlaces, refusalOf } from './open-places.ts';

suite('a place', () => {
  test('is there at once for as many calls as may run, and then for who waits first', async () => {
    const { take, waiting } = openPlaces();
    const [first] = [now(take('ann')), now(take('bob'))];
    const later = [take('cid'), take('dan')];
    assert.equal(waiting(), 2);
    first.leave();
    const third = await later[0];
    assert.equal(waiting(), 1);
    third?.leave();
    await later[1];
    assert.equal(waiting(), 0);
  });

  for (const [what, given] of [
    ['the tool itself says', { own: 3, concurrencyMax: 1, concurrencyOfOneMax: 9 }],
    ['is said for all tools', { concurrencyMax: 3, concurrencyOfOneMax: 9 }],
    ['is said for one principal', { concurrencyMax: 9, concurrencyOfOneMax: 3 }],
  ] as const) {
    test(`is there for as many as ${what}`, async () => {
      const { take } = openPlaces(given);
      const [first] = [now(take('ann')), now(take('ann')), now(take('ann'))];
      const fourth = take('ann');
      assert.ok(fourth instanceof Promise);
      first.leave();
      await fourth;
    });
  }

  test('that one principal may not have is for another', () => {
    const { take } = openPlaces({ concurrencyMax: 3, concurrencyOfOneMax: 1 });
    now(take('ann'));
    assert.ok(take('ann') instanceof Promise);
    now(take('bob'));
    now(take('cid'));
  });

  test('is left once, however often that is said', async () => {
    const { take } = openPlaces({ concurrencyMax: 1 });
    const place = now(take('ann'));
    const [second, third] = [take('bob'), take('cid')];
    place.leave();
    place.leave();
    place.giveUp();
    let isThirdIn = false;
    const admitted = Promise.resolve(third).then(() => {
      isThirdIn = true;
    });
    const next = await second;
    assert.ok(!isThirdIn);
    next.leave();
    await admitted;
  });
});

suite('the queue of a tool', () => {
  test('serves principals in turn, however many calls one of them has', async () => {
    const { take } = openPlaces({ concurrencyMax: 1, queueMax: 100 });
    const served: string[] = [];
    let place = now(take('ann'));
    const waiting = ['ann', 'ann', 'ann', 'ann', 'bob', 'bob', 'cid'].map(async (who) => {
      const next = await take(who);
      served.push(who);
      place = next;
    });
    for (let n = 1; n <= waiting.length; n += 1) {
      place.leave();
      // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
      await new Promise(setImmediate);
      assert.equal(served.length, n);
    }
    assert.deepEqual(served, ['ann', 'bob', 'cid', 'ann', 'bob', 'ann', 'ann']);
    await Promise.all(waiting);
  });

  test('passes over who has as many calls as one may have', async () => {
    const { take } = openPlaces({ concurrencyMax: 2, concurrencyOfOneMax: 1 });
    const [ofAnn, ofBob] = [now(take('ann')), now(take('bob'))];
    const [annAgain, cid] = [take('ann'), take('cid')];
    ofBob.leave();
    await cid;
    ofAnn.leave();
    await annAgain;
  });

  test('has a bound, and one more is refused', async () => {
    const { take, counted, waiting } = openPlaces({ queueMax: 2 });
    for (const who of ['ann', 'bob', 'cid', 'dan']) void take(who);
    await assert.rejects(async () => take('eve'), isBusy);
    assert.deepEqual([counted, waiting()], [['tool_queue'], 2]);
  });

  test('that is full makes room at the cost of who has most in it', async () => {
    const { take, counted } = openPlaces({ concurrencyMax: 1, queueMax: 3 });
    const place = now(take('ann'));
    const ofAnn = [take('ann'), take('ann'), take('ann')];
    const refused = refusalOf(() => ofAnn[2] ?? assert.fail());
    const bob = take('bob');
    isBusy(await refused);
    assert.deepEqual(counted, ['tool_queue']);
    // She has two, and he has one: with another he would have as many.
    isBusy(await refusalOf(() => take('bob')));
    place.leave();
    (await ofAnn[0])?.leave();
    (await bob).leave();
    await ofAnn[1];
  });

  test('is waited in no longer than a call of the tool may take', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { take, counted, waiting } = openPlaces({ concurrencyMax: 1 });
    const place = now(take('ann'));
    const refused = refusalOf(() => take('bob'));
    t.mock.timers.tick(30_000);
    isBusy(await refused);
    assert.deepEqual([counted, waiting()], [['tool_wait'], 0]);
    place.leave();
    now(take('bob'));
  });

  test('is left by who gives up, and who was given a place meanwhile has it', async () => {
    const { take, waiting } = openPlaces({ concurrencyMax: 1 });
    const place = now(take('ann'));
    const [bob, cid] = [new AbortController(), new AbortController()];
    const refused = refusalOf(() => take('bob', bob.signal));
    const admitted = take('cid', cid.signal);
    bob.abort();
    place.leave();
    cid.abort();
    isFailure('cancelled')(await refused);
    (await admitted).leave();
    assert.equal(waiting(), 0);
    now(take('dan'));
  });
});

function openLane(concurrencyMax: number): Lane {
  const tool = defineTool({ name: 'tried', description: 'Tries.', run: async () => '' });
  return new Lane(tool, {
    tooling: { concurrencyMax, concurrencyOfOneMax: 1, queueMax: 100 },
    observer: { refuse: () => undefined, wait: () => undefined, stick: () => undefined },
    log: silent,
  });
}

test('principals are not remembered for ever', async () => {
  const lane = openLane(10_000);
  const { signal } = new AbortController();
  const places = Array.from({ length: 1_000 }, (_, n) => now(lane.take(`agent ${n}`, signal)));
  const waiting = lane.take('agent 0', signal);
  assert.equal(lane.size, 1_000);
  for (const place of places) place.leave();
  (await waiting).leave();
  assert.equal(lane.size, 100);
});

test('nor are those that had gone before they came to a full tool', async () => {
  const lane = openLane(1);
  now(lane.take('ann', new AbortController().signal));
  const cancelled = isFailure('cancelled');
  const gone = Array.from({ length: 1_000 }, (_, n) =>
    refusalOf(() => lane.take(`agent ${n}`, AbortSignal.abort())),
  );
  for (const refused of await Promise.all(gone)) cancelled(refused);
  assert.equal(lane.size, 100);
});
