import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';

import { type Budget, excessesOf } from './budget.ts';
import { casesOf, nameOf } from './rows.ts';

const BUDGET = { slack: 1.25, limits: { 'ours, call': 2 } };

function figure(median: number, min: number): Parameters<typeof excessesOf>[1][number] {
  return { name: 'ours, call', ratio: { median, min, max: 9 } };
}

suite('the budget', () => {
  test('a row is over it when its median and its best round are', () => {
    const [excess = '', ...others] = excessesOf(BUDGET, [figure(3, 2.51)]);
    assert.match(excess, /^ours, call: 3\.00 × its floor, at best 2\.51; 2\.50 is allowed/);
    assert.deepEqual(others, []);
  });

  test('one good round, or a good median, is enough', () => {
    assert.deepEqual(excessesOf(BUDGET, [figure(3, 2.5)]), []);
    assert.deepEqual(excessesOf(BUDGET, [figure(2.5, 2.5)]), []);
  });

  test('a row that failed, or is not there, does not keep it', () => {
    const failed = { ...figure(1, 1), failure: 'A request got no answer in 10 s' };
    const unmeasured = figure(Number.NaN, Number.NaN);
    for (const figures of [[], [failed], [unmeasured], [{ ...figure(1, 1), name: 'another' }]]) {
      assert.match(excessesOf(BUDGET, figures).join(), /not measured/);
    }
  });

  test('it limits rows of a quick run alone, by names that they have', () => {
    const budget: Budget = JSON.parse(
      readFileSync(join(import.meta.dirname, 'budget.json'), 'utf8'),
    );
    const cases = casesOf('quick').map((of) => `, ${nameOf(of)}`);
    for (const name of Object.keys(budget.limits)) {
      assert.ok(
        cases.some((of) => name.endsWith(of)),
        `${name} is no row of a quick run`,
      );
    }
  });
});
