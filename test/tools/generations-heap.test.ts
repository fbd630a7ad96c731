import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

const run = promisify(execFile);
const MIB = 1_048_576;

test('a generation of twenty tools leaves less than half a MiB behind, and calls go on while it is loaded', async (t) => {
  const program = join(import.meta.dirname, 'many-generations.ts');
  const { stdout } = await run(process.execPath, ['--expose-gc', program, '30']);
  const { bytesOfOne, turns } = JSON.parse(stdout);
  t.diagnostic(stdout);
  assert.ok(bytesOfOne < MIB / 2, stdout);
  assert.ok(turns >= 20, stdout);
});
