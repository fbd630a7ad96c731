import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { EXTENSIONS } from './conform.ts';
import { faultsOf } from './judge.ts';
import { type Check, listScenarios, REVISIONS } from './suite.ts';

function check(status: Check['status'], id = 'tools-list'): Check {
  return { id, status, description: 'Server lists tools', errorMessage: 'none', details: {} };
}

suite('the conformance suite', () => {
  test('has no scenario that is neither run nor left out by name', async () => {
    const run = (await Promise.all(REVISIONS.map((revision) => listScenarios(revision)))).flat();
    const apart = EXTENSIONS.map(({ scenario }) => scenario);
    assert.deepEqual(new Set([...run, ...apart]), new Set(await listScenarios()));
  });
});

suite('the judge', () => {
  test('lets pass what succeeded, and what only tells of the wire', () => {
    assert.deepEqual(faultsOf([check('SUCCESS'), check('INFO', 'outgoing-request')]), []);
  });

  test('takes a warning for a failure, and what was not tried, and says what it was', () => {
    for (const status of ['FAILURE', 'WARNING', 'SKIPPED', 'INFO'] as const) {
      const [fault] = faultsOf([check('SUCCESS'), check(status)]);
      assert.match(fault ?? '', new RegExp(`^${status} tools-list: Server lists tools\nnone\n`));
    }
  });

  test('takes nothing found for no proof', () => {
    const onlyWire = check('SUCCESS', 'wire-schema-valid');
    for (const checks of [[], [onlyWire], [onlyWire, check('INFO', 'stream-closed')]]) {
      assert.deepEqual(faultsOf(checks), ['Nothing was proven']);
    }
  });
});
