import assert from 'node:assert/strict';
import { suite, type TestContext, test } from 'node:test';

import { Wheel } from '../../../src/worker/transport/wheel.ts';

const ROUND_MS = 1_000;
const TURN_MS = 250;

/** A wheel that is turned by hand, and who was visited since it was last asked. */
function openWheel(t: TestContext, roundMs = ROUND_MS) {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const visited: string[] = [];
  const wheel = new Wheel<string>({ roundMs, visit: (member) => void visited.push(member) });
  t.after(() => {
    wheel[Symbol.dispose]();
  });
  const pass = (ms: number): readonly string[] => {
    t.mock.timers.tick(ms);
    return visited.splice(0);
  };
  return { wheel, pass };
}

suite('a wheel', () => {
  test('visits a member once in a round, for the first time a round after it came', (t) => {
    const { wheel, pass } = openWheel(t);
    pass(3 * TURN_MS);
    wheel.add('one');
    assert.deepEqual(pass(ROUND_MS - TURN_MS), []);
    assert.deepEqual(pass(TURN_MS), ['one']);
    assert.deepEqual(pass(ROUND_MS - TURN_MS), []);
    assert.deepEqual(pass(3 * ROUND_MS), ['one', 'one', 'one']);
  });

  test('visits in one turn only those who came in the same', (t) => {
    const { wheel, pass } = openWheel(t);
    const turns = ROUND_MS / TURN_MS;
    for (let turn = 0; turn < turns; turn++) {
      for (let index = 0; index < 500; index++) wheel.add(`${turn} ${index}`);
      pass(TURN_MS);
    }
    const perTurn = Array.from({ length: turns }, () => pass(TURN_MS));
    assert.deepEqual(
      perTurn.map(({ length }) => length),
      Array.from({ length: turns }, () => 500),
    );
    assert.equal(new Set(perTurn.flat()).size, turns * 500);
  });

  test('holds on to nobody who has left', (t) => {
    const { wheel, pass } = openWheel(t);
    wheel.add('stays');
    wheel.add('leaves');
    wheel.delete('leaves');
    assert.equal(wheel.size, 1);
    assert.deepEqual([...wheel.members], ['stays']);
    assert.deepEqual(pass(ROUND_MS), ['stays']);
    wheel.delete('stays');
    wheel.delete('never came');
    assert.deepEqual(pass(ROUND_MS), []);
    wheel.add('comes');
    assert.deepEqual(pass(ROUND_MS), ['comes']);
  });

  test('goes round where a round is shorter than a turn', (t) => {
    const { wheel, pass } = openWheel(t, 20);
    wheel.add('one');
    assert.deepEqual(pass(60), ['one', 'one', 'one']);
  });

  test('stands still once it is disposed of', (t) => {
    const { wheel, pass } = openWheel(t);
    wheel.add('one');
    wheel[Symbol.dispose]();
    assert.deepEqual(pass(3 * ROUND_MS), []);
  });
});
