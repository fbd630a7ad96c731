/** The tests that depend on who runs them: they start processes, and have to do with who owns a file. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Installation, NOBODY } from './installation.ts';

const timeout = 900_000;
const TEST = [
  '--conditions=holdfast-source',
  '--test',
  '--test-concurrency=2',
  '--test-global-setup=test/global-setup.ts',
];
const TESTS_OF_USERS = [
  'test/process/{bin,first-key,log}.test.ts',
  'test/supervisor/embedded/**/*.test.ts',
  'test/worker/bootstrap-key.test.ts',
];

test('a fresh clone passes the tests of processes and files, as an ordinary user', {
  timeout,
}, async () => {
  using installation = new Installation(NOBODY);
  installation.clone();
  const installed = await installation.run(['npm', 'ci', '--no-audit', '--no-fund']);
  assert.equal(installed.code, 0, installed.output);
  const { code, output } = await installation.run(['npx', 'node', ...TEST, ...TESTS_OF_USERS]);
  assert.equal(code, 0, output.slice(-5_000));
});
