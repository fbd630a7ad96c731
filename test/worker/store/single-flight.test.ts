import assert from 'node:assert/strict';
import { once } from 'node:events';
import { suite, test } from 'node:test';

import { Failure } from '../../../src/shared/errors.ts';
import {
  isCancelled,
  LENGTH_MAX,
  neverMade,
  openFlights,
  outcomesOf,
  settled,
  Work,
} from './flights.ts';

suite('what is wanted', () => {
  test('is made once, and kept for its time', async (t) => {
    using here = await openFlights();
    const made = await here.get({ make: async () => 'one', ttlMs: 60_000 });
    assert.deepEqual(made, { value: 'one', outcome: 'miss' });
    await t.waitFor(async () =>
      assert.deepEqual(await here.get({}), { value: 'one', outcome: 'hit' }),
    );
    assert.equal(await here.redis.exists(`${here.prefix}making:a`), 0);
    const left = await here.redis.pttl(`${here.prefix}kept:a`);
    assert.ok(left > 50_000 && left <= 60_000, `${left} ms`);
    await here.redis.pexpire(`${here.prefix}kept:a`, 0);
    assert.deepEqual(await here.get({ make: async () => 'two' }), {
      value: 'two',
      outcome: 'miss',
    });
  });

  test('is made once for all who want it at once in one worker', async () => {
    using here = await openFlights();
    const work = new Work();
    const all = Array.from({ length: 50 }, () => here.get({ make: work.make }));
    await work.begun();
    work.done.resolve('one');
    const given = await Promise.all(all);
    assert.deepEqual(new Set(given.map(({ value }) => value)), new Set(['one']));
    assert.deepEqual(outcomesOf(given), ['miss', ...Array<string>(49).fill('shared')]);
    assert.equal(work.count, 1);
  });

  test('is made once for all who want it at once in two workers', async () => {
    await using opened = new AsyncDisposableStack();
    const here = opened.use(await openFlights());
    const there = opened.use(await openFlights({ prefix: here.prefix }));
    const work = new Work();
    const all = Array.from({ length: 50 }, (_none, index) =>
      (index % 2 === 0 ? here : there).get({ make: work.make }),
    );
    await work.begun();
    work.done.resolve('one');
    const given = await Promise.all(all);
    assert.deepEqual(outcomesOf(given), ['miss', ...Array<string>(49).fill('shared')]);
    assert.equal(work.count, 1);
  });

  test('is made once by key', async () => {
    using here = await openFlights();
    const given = await Promise.all(
      ['a', 'b', 'a', 'b'].map((key) => here.get({ key, make: async () => key })),
    );
    assert.deepEqual(
      given.map(({ value }) => value),
      ['a', 'b', 'a', 'b'],
    );
  });

  test('is made anew where what is kept says nothing', async () => {
    using here = await openFlights();
    await here.kept.put('a', 'nonsense', 60_000);
    assert.equal((await here.get({ make: async () => 'one' })).value, 'one');
  });
});

suite('who wants something', () => {
  test('and cancels leaves alone: it is made to the end for the others', async () => {
    using here = await openFlights();
    const work = new Work();
    const [first, second] = [new AbortController(), new AbortController()];
    const asked = [
      here.get({ make: work.make }, first.signal),
      here.get({ make: work.make }, second.signal),
      here.get({ make: work.make }),
    ];
    const { signal } = await work.begun();
    // The one whose work it is, and one that waits for it.
    first.abort();
    second.abort();
    const [one, two] = await settled(asked.slice(0, 2));
    for (const left of [one, two]) {
      assert.ok(left?.status === 'rejected' && isCancelled(left.reason));
    }
    assert.equal(signal.aborted, false);
    work.done.resolve('one');
    assert.deepEqual(await asked[2], { value: 'one', outcome: 'shared' });
    assert.equal(work.count, 1);
  });

  test('stops the work when all others have cancelled too, and lets another worker do it at once', async () => {
    await using opened = new AsyncDisposableStack();
    const here = opened.use(await openFlights());
    const there = opened.use(await openFlights({ prefix: here.prefix }));
    const work = new Work();
    const callers = [new AbortController(), new AbortController()];
    const asked = callers.map(({ signal }) => here.get({ make: work.make }, signal));
    const { signal } = await work.begun();
    const elsewhere = there.get({ make: async () => 'two' });
    callers[0]?.abort();
    assert.equal(signal.aborted, false);
    callers[1]?.abort();
    await settled(asked);
    assert.equal(signal.aborted, true);
    assert.deepEqual(await elsewhere, { value: 'two', outcome: 'miss' });
    // Whoever comes next does not wait for what was stopped.
    assert.equal((await here.get({})).value, 'two');
  });

  test('had cancelled before, and gets nothing made', async () => {
    using here = await openFlights();
    await assert.rejects(here.get({ make: neverMade }, AbortSignal.abort()), isCancelled);
  });

  test('makes it if the one who did has left and its work failed with it', async () => {
    using here = await openFlights();
    const leaving = new AbortController();
    const begun = Promise.withResolvers<void>();
    const first = here.get(
      {
        make: async () => {
          begun.resolve();
          await once(leaving.signal, 'abort');
          throw new Error('My caller has left');
        },
      },
      leaving.signal,
    );
    const work = new Work();
    const others = [here.get({ make: work.make }), here.get({ make: work.make })];
    await begun.promise;
    leaving.abort();
    await assert.rejects(first, isCancelled);
    await work.begun();
    work.done.resolve('two');
    assert.deepEqual(outcomesOf(await Promise.all(others)), ['miss', 'shared']);
  });

  test('gets no failure of another: each makes it then', async () => {
    await using opened = new AsyncDisposableStack();
    const here = opened.use(await openFlights());
    const there = opened.use(await openFlights({ prefix: here.prefix }));
    const work = new Work();
    const first = here.get({ make: work.make });
    await work.begun();
    const second = here.get({ make: async () => 'two' });
    const elsewhere = there.get({ make: async () => 'three' });
    work.done.reject(new Failure('forbidden', 'Not for ann'));
    await assert.rejects(first, /Not for ann/);
    assert.deepEqual(await second, { value: 'two', outcome: 'bypass' });
    assert.equal((await elsewhere).value, 'three');
  });

  test('gets nothing of what another keeps to itself, and does not wait for it', async () => {
    await using opened = new AsyncDisposableStack();
    const here = opened.use(await openFlights());
    const there = opened.use(await openFlights({ prefix: here.prefix }));
    const work = new Work();
    const first = here.get({ make: work.make });
    const { keepToOneself } = await work.begun();
    const second = here.get({ make: async () => 'two' });
    const elsewhere = there.get({ make: async () => 'three' });
    keepToOneself();
    keepToOneself();
    assert.deepEqual(await second, { value: 'two', outcome: 'bypass' });
    assert.deepEqual(await elsewhere, { value: 'three', outcome: 'miss' });
    work.done.resolve('mine');
    assert.deepEqual(await first, { value: 'mine', outcome: 'bypass' });
    assert.equal(await here.redis.exists(`${here.prefix}kept:a`), 0);
  });

  test('and keeps it to itself can still cancel, which stops the work', async () => {
    using here = await openFlights();
    const work = new Work();
    const caller = new AbortController();
    const asked = here.get({ make: work.make }, caller.signal);
    const { keepToOneself, signal } = await work.begun();
    keepToOneself();
    caller.abort();
    await assert.rejects(asked, isCancelled);
    assert.equal(signal.aborted, true);
  });

  test('is one too many: it is made without a look', async (t) => {
    using here = await openFlights({ flightsMax: 2 });
    const work = new Work();
    const two = ['a', 'b'].map((key) => here.get({ key, make: work.make }));
    await work.begun();
    const third = await here.get({ key: 'c', make: async () => 'three' });
    assert.deepEqual(third, { value: 'three', outcome: 'bypass' });
    assert.equal(await here.redis.exists(`${here.prefix}kept:c`), 0);
    work.done.resolve('one');
    await Promise.all(two);
    await t.waitFor(async () =>
      assert.equal((await here.get({ key: 'c', make: async () => 'three' })).outcome, 'miss'),
    );
  });

  test('and sets it meanwhile does not find what was made before', async () => {
    await using opened = new AsyncDisposableStack();
    const here = opened.use(await openFlights());
    const there = opened.use(await openFlights({ prefix: here.prefix }));
    const work = new Work();
    const old = here.get({ make: work.make });
    await work.begun();
    await there.kept.put('a', 'new', 60_000);
    work.done.resolve('old');
    assert.equal((await old).value, 'old');
    // What made the old one is done by now, and nobody joins it.
    here.flights.forget('a');
    assert.equal((await here.get({})).value, 'new');
    assert.equal((await there.get({})).value, 'new');
  });

  test('gets from its worker what is too large to be kept, and from others nothing', async () => {
    await using opened = new AsyncDisposableStack();
    const here = opened.use(await openFlights());
    const there = opened.use(await openFlights({ prefix: here.prefix }));
    const large = 'x'.repeat(LENGTH_MAX + 1);
    const work = new Work();
    const both = [here.get({ make: work.make }), here.get({ make: work.make })];
    await work.begun();
    const elsewhere = there.get({ make: async () => 'small' });
    work.done.resolve(large);
    assert.deepEqual(outcomesOf(await Promise.all(both)), ['miss', 'shared']);
    assert.deepEqual(await elsewhere, { value: 'small', outcome: 'miss' });
    assert.equal(await here.redis.exists(`${here.prefix}kept:a`), 0);
  });
});
