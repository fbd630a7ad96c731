import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { Overdue } from '../../../src/worker/transport/overdue.ts';

const AFTER_MS = 50;

/** Notes when it was told that it is overdue, by name. */
class Told {
  readonly at: [name: string, ms: number][] = [];
  readonly #beganAt = performance.now();

  named(name: string): { readonly overdue: () => void } {
    return { overdue: () => this.at.push([name, performance.now() - this.#beganAt]) };
  }
}

suite('what is waited for', () => {
  test('is told once when it is due, each at its own time, and in turn', async (t) => {
    using overdue = new Overdue(AFTER_MS);
    const told = new Told();
    overdue.add(told.named('first'));
    await t.waitFor(() => assert.equal(told.at.length, 1), { interval: 1 });
    overdue.add(told.named('second'));
    overdue.add(told.named('third'));
    await t.waitFor(() => assert.equal(told.at.length, 3), { interval: 1 });
    assert.deepEqual(
      told.at.map(([name]) => name),
      ['first', 'second', 'third'],
    );
    for (const [index, [, ms]] of told.at.entries()) {
      assert.ok(ms >= AFTER_MS * (index === 0 ? 1 : 2) - 1, `${index} was told after ${ms} ms`);
    }
  });

  test('is told nothing once it is there, and others are told all the same', async (t) => {
    using overdue = new Overdue(AFTER_MS);
    const told = new Told();
    const there = overdue.add(told.named('there'));
    overdue.add(told.named('late'));
    there.remove();
    await t.waitFor(() => assert.equal(told.at.length, 1), { interval: 1 });
    assert.equal(told.at[0]?.[0], 'late');
  });
});
