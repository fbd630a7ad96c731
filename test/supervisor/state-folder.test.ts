import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';

import { Failure } from '../../src/shared/errors.ts';
import { findProcess, isRunning } from '../../src/supervisor/process-identity.ts';
import { StateFolder } from '../../src/supervisor/state-folder.ts';

function temporaryFolder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'holdfast-state-'));
  t.after(() => {
    rmSync(path, { recursive: true, force: true });
  });
  return path;
}

suite('state folder', () => {
  test('is made, locked, and left without a trace of the lock', (t) => {
    const path = join(temporaryFolder(t), 'a', 'b');
    {
      using folder = new StateFolder(path);
      assert.ok(existsSync(join(folder.path, 'lock')));
    }
    assert.deepEqual(readdirSync(path), []);
  });

  test('a second holder is told who the first is', (t) => {
    const path = temporaryFolder(t);
    using first = new StateFolder(path);
    assert.equal(first.path, path);
    assert.throws(
      () => new StateFolder(path),
      (error) =>
        error instanceof Failure &&
        error.code === 'conflict' &&
        error.message.includes(`process ${process.pid}`),
    );
  });

  test('the lock of a dead process is cleared, also if its number was given away', (t) => {
    const path = temporaryFolder(t);
    for (const left of [
      { pid: 4_194_304, startedAt: '1', bootId: 'x' },
      { ...findProcess(process.pid), startedAt: '1' },
      { ...findProcess(process.pid), bootId: 'another boot' },
      'garbage',
    ]) {
      writeFileSync(join(path, 'lock'), JSON.stringify(left));
      using folder = new StateFolder(path);
      assert.equal(folder.path, path);
    }
    assert.deepEqual(readdirSync(path), []);
  });

  test('one that cannot be made says which variable to set', () => {
    assert.throws(() => new StateFolder('/dev/null/nowhere'), /MCP_STATE_DIR/);
  });
});

suite('process identity', () => {
  test('a process is running until it is gone, and a zombie is gone', async () => {
    const child = spawn('sleep', ['60']);
    await once(child, 'spawn');
    const identity = findProcess(child.pid ?? 0);
    assert.ok(identity);
    assert.equal(isRunning(identity), true);
    child.kill('SIGKILL');
    await once(child, 'exit');
    assert.equal(isRunning(identity), false);
  });
});

suite('a state folder that is there already', () => {
  test('keeps what rights it has, but that root lets others pass', (t) => {
    const path = temporaryFolder(t);
    chmodSync(path, 0o750);
    using folder = new StateFolder(path);
    const mode = statSync(folder.path).mode & 0o777;
    assert.equal(mode, process.getuid?.() === 0 ? 0o751 : 0o750);
  });

  test('is refused if everybody may write to it', (t) => {
    const path = temporaryFolder(t);
    chmodSync(path, 0o777);
    assert.throws(() => new StateFolder(path), /everybody may write to it.*MCP_STATE_DIR/);
  });

  test('below folders that are made is closed to others, whatever the umask', (t) => {
    const path = join(temporaryFolder(t), 'a', 'b');
    const umask = process.umask(0);
    try {
      using folder = new StateFolder(path);
      for (const each of [folder.path, dirname(path)]) {
        const mode = statSync(each).mode & 0o777;
        assert.equal(mode, process.getuid?.() === 0 ? 0o711 : 0o700);
      }
    } finally {
      process.umask(umask);
    }
  });
});
