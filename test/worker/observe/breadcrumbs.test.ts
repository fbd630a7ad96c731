import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, suite, test } from 'node:test';

import { fingerprintOf } from '../../../src/shared/fingerprint.ts';
import { readBreadcrumbs } from '../../../src/supervisor/poison/breadcrumb-folder.ts';

const FIXTURE = 'test/worker/observe/fixtures/dying.ts';
const folder = mkdtempSync(join(tmpdir(), 'holdfast-'));
after(() => {
  rmSync(folder, { recursive: true });
});

function poisonOf(way: string) {
  return { tool: 'poison', fingerprint: fingerprintOf('tools/call', 'poison', { way }) };
}
const waits = { tool: 'waits', fingerprint: fingerprintOf('tools/call', 'waits', {}) };

/** Lets a process die in a call, and resolves with how it ended and what it said. */
async function die(way: string, path: string) {
  const args = ['--max-old-space-size=40', FIXTURE, way, path];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const patience = setTimeout(() => child.kill('SIGKILL'), 20_000);
  const ended = once(child, 'exit');
  if (way === 'a loop that never ends') {
    child.stdout.once('data', () => child.kill('SIGKILL'));
  }
  const said = await text(child.stdout);
  const [code, signal]: unknown[] = await ended;
  clearTimeout(patience);
  return { code, signal, said };
}

suite('a breadcrumb outlives its process, ended by', () => {
  for (const [way, end] of [
    ['a loop that never ends', 'SIGKILL'],
    ['more memory than there is', 'SIGABRT'],
    ['SIGKILL', 'SIGKILL'],
    ['SIGSEGV', 'SIGSEGV'],
    ['SIGABRT', 'SIGABRT'],
  ] as const) {
    test(way, async () => {
      const path = join(folder, way.replaceAll(' ', '-'));
      const { signal } = await die(way, path);
      assert.equal(signal, end);
      assert.deepEqual(readBreadcrumbs(path), [waits, poisonOf(way)]);
    });
  }
});

test('an exception nobody catches names the one call whose code threw, without any breadcrumb', async () => {
  const way = 'an exception nobody catches';
  const { code, said } = await die(way, join(folder, 'unused'));
  assert.equal(code, 70);
  assert.deepEqual(JSON.parse(said), [poisonOf(way)]);
});
