import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import * as fc from 'fast-check';

import { countdownOf, Dependencies } from '../../src/supervisor/dependencies.ts';
import { away, there } from '../worker/dependency-reports.ts';

/** What is known of Postgres after these answers, and which of them changed it. */
function takeAll(answers: readonly boolean[], serving: boolean) {
  const dependencies = new Dependencies();
  const changes = answers.map((isUp, index) => {
    const report = isUp ? there('postgres') : away('postgres', 'ECONNREFUSED');
    return dependencies.take(report, { now: index, serving });
  });
  return { dependencies, changes, status: dependencies.reports()[0]?.status };
}

const UP = true;
const DOWN = false;

suite('what is known of the dependencies', () => {
  test('is what was heard first, whatever it is', () => {
    for (const serving of [true, false]) {
      assert.deepEqual(takeAll([DOWN], serving).changes, [true]);
      assert.deepEqual(takeAll([UP], serving).changes, [true]);
    }
  });

  test('changes at once while nobody serves', () => {
    const { changes } = takeAll([UP, DOWN, UP, UP, DOWN, DOWN], false);
    assert.deepEqual(changes, [true, true, true, false, true, false]);
  });

  test('changes at the third failure in a row once we serve, and at the second answer', () => {
    const { changes, status } = takeAll([UP, DOWN, DOWN, DOWN, DOWN, UP, UP, UP], true);
    assert.deepEqual(changes, [true, false, false, true, false, false, true, false]);
    assert.equal(status, 'up');
  });

  test('does not flap with answers that come now and then', () => {
    assert.equal(takeAll([UP, DOWN, DOWN, UP, DOWN, DOWN, UP, DOWN], true).status, 'up');
    assert.equal(takeAll([DOWN, UP, DOWN, UP, DOWN], true).status, 'down');
  });

  test('never changes while we serve without three failures or two answers in a row', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 40 }), (answers) => {
        const { changes } = takeAll(answers, true);
        changes.forEach((changed, index) => {
          if (!changed || index === 0) return;
          const needed = answers[index] === UP ? 2 : 3;
          const row = answers.slice(index - needed + 1, index + 1);
          assert.ok(row.length === needed && row.every((answer) => answer === answers[index]));
        });
      }),
    );
  });

  test('keeps since when, how often it failed, and what was wrong last', () => {
    const { dependencies } = takeAll([UP, DOWN, DOWN, DOWN, DOWN], true);
    assert.partialDeepStrictEqual(dependencies.snapshot(), [
      {
        report: { status: 'down' },
        since: 3,
        consecutiveFailures: 4,
        lastError: { at: 4, report: { code: 'ECONNREFUSED' } },
      },
    ]);
    for (const now of [5, 6]) dependencies.take(there('postgres'), { now, serving: true });
    assert.partialDeepStrictEqual(dependencies.snapshot(), [
      { report: { status: 'up' }, since: 6, consecutiveFailures: 0, lastError: { at: 4 } },
    ]);
  });

  test('says anew what is wrong while it is down', () => {
    const dependencies = new Dependencies();
    for (const code of ['ECONNREFUSED', '57P03']) {
      dependencies.take(away('postgres', code), { now: 0, serving: false });
    }
    dependencies.take(there('redis'), { now: 0, serving: false });
    assert.deepEqual(
      dependencies.away().map(({ name, code }) => [name, code]),
      [['postgres', '57P03']],
    );
  });
});

suite('the countdown', () => {
  const report = {
    ...away('postgres', 'ECONNREFUSED', 'connection refused'),
    address: '127.0.0.1:5432',
  };

  test('says what is waited for, and how long still', () => {
    assert.equal(
      countdownOf({ ...report, attempt: 3, nextInMs: 4_000 }, 41_000),
      'postgres: connection refused 127.0.0.1:5432, attempt 3, next in 4 s, giving up in 41 s',
    );
  });

  test('leaves out what nobody knows, and never counts below nothing', () => {
    assert.equal(countdownOf(report, undefined), 'postgres: connection refused 127.0.0.1:5432');
    assert.equal(
      countdownOf({ ...report, message: undefined }, -3_000),
      'postgres: ECONNREFUSED 127.0.0.1:5432, giving up in 0 s',
    );
    assert.equal(
      countdownOf({ ...report, message: undefined, code: undefined }, undefined),
      'postgres: no answer 127.0.0.1:5432',
    );
  });
});
