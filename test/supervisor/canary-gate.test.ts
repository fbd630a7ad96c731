import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { CanaryGate } from '../../src/supervisor/canary-gate.ts';

const WAITS = 'waits';

/** A gate, and whether anybody serves behind it. */
function openGate() {
  const stopping = new AbortController();
  const serving = { now: false };
  const gate = new CanaryGate(() => serving.now, stopping.signal);
  const serve = (): void => {
    serving.now = true;
    gate.open();
  };
  return { gate, stopping, serving, serve };
}

/** What a slot was answered by now. */
async function answerOf(admitted: Promise<boolean | undefined>): Promise<unknown> {
  // What is decided comes before an immediate.
  const turn = Promise.withResolvers<string>();
  setImmediate(turn.resolve, WAITS);
  return Promise.race([admitted, turn.promise]);
}

suite('the canary gate', () => {
  test('lets one slot through while nobody serves, and all once somebody does', async () => {
    const { gate, serve } = openGate();
    const admitted = [0, 1, 2].map((slot) => gate.admit(slot));
    assert.deepEqual(await Promise.all(admitted.map(answerOf)), [true, WAITS, WAITS]);
    serve();
    assert.deepEqual(await Promise.all(admitted), [true, false, false]);
    assert.equal(await gate.admit(3), false);
  });

  test('keeps the turn of the slot that was first, through all its attempts', async () => {
    const { gate } = openGate();
    assert.equal(await gate.admit(1), true);
    const other = gate.admit(0);
    assert.equal(await gate.admit(1), true);
    assert.equal(await gate.admit(1), true);
    assert.equal(await answerOf(other), WAITS);
  });

  test('lets another slot go first when the canary is no more', async () => {
    const { gate } = openGate();
    await gate.admit(0);
    const others = [gate.admit(1), gate.admit(2)];
    gate.forget(2);
    assert.deepEqual(await Promise.all(others.map(answerOf)), [WAITS, WAITS]);
    gate.forget(0);
    assert.deepEqual(await Promise.all(others.map(answerOf)), [true, WAITS]);
  });

  test('chooses a canary again when the last one that served is gone', async () => {
    const { gate, serving, serve } = openGate();
    await gate.admit(0);
    serve();
    serving.now = false;
    assert.equal(await gate.admit(2), true);
    assert.equal(await answerOf(gate.admit(0)), WAITS);
  });

  test('lets nobody through any more when we stop', async () => {
    const { gate, stopping } = openGate();
    await gate.admit(0);
    const waiting = gate.admit(1);
    stopping.abort();
    assert.deepEqual([await waiting, await gate.admit(0)], [undefined, undefined]);
  });
});
