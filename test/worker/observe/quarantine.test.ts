import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { Failure } from '../../../src/shared/errors.ts';
import type { Quarantined } from '../../../src/shared/ipc.ts';
import { Quarantine } from '../../../src/worker/observe/quarantine.ts';

const refused: Quarantined = { fingerprint: 'a', tool: 'paint', state: 'refused', forMs: 60_000 };
const onTrial: Quarantined = { fingerprint: 'b', tool: 'saw', state: 'on-trial', forMs: 60_000 };

function open(...calls: readonly Quarantined[]): Quarantine {
  const quarantine = new Quarantine();
  quarantine.replace(calls, 1_000);
  return quarantine;
}

/** How long a call has to wait that is not let in. */
function refusalOf(quarantine: Quarantine, fingerprint: string, now: number): number | undefined {
  try {
    quarantine.admit(fingerprint, now);
  } catch (error) {
    assert.ok(error instanceof Failure && error.code === 'quarantined');
    return error.retryAfterMs;
  }
  return assert.fail('It was let in');
}

suite('a quarantine', () => {
  test('is empty at first, and lets everything in', () => {
    const quarantine = new Quarantine();
    assert.equal(quarantine.isEmpty, true);
    assert.equal(quarantine.admit('a', 0), 'free');
  });

  test('lets in what is not in it', () => {
    assert.equal(open(refused, onTrial).admit('c', 2_000), 'free');
  });

  test('refuses what is in it, and says for how long, never less than nothing', () => {
    const quarantine = open(refused);
    assert.equal(refusalOf(quarantine, 'a', 2_000), 59_000);
    assert.equal(refusalOf(quarantine, 'a', 99_000), 0);
  });

  test('tries what is on trial, one at a time', () => {
    const quarantine = open(onTrial);
    assert.equal(quarantine.admit('b', 2_000), 'on-trial');
    assert.equal(refusalOf(quarantine, 'b', 2_000), 1_000);
    quarantine.endTrial('b');
    assert.equal(quarantine.admit('b', 2_000), 'on-trial');
  });

  test('goes by what it was told last', () => {
    const quarantine = open(refused, onTrial);
    quarantine.replace([onTrial], 2_000);
    assert.equal(quarantine.admit('a', 2_000), 'free');
    quarantine.replace([], 2_000);
    assert.equal(quarantine.isEmpty, true);
  });

  test('remembers a trial that runs when it is told anew', () => {
    const quarantine = open(onTrial);
    quarantine.admit('b', 2_000);
    quarantine.replace([onTrial], 3_000);
    assert.equal(refusalOf(quarantine, 'b', 3_000), 1_000);
  });
});
