import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';

import { KERNEL_FOLDERS } from '../../../src/supervisor/host/kernel-file.ts';
import { findProcessState, preferAsVictim } from '../../../src/supervisor/host/process-state.ts';
import { kernelFolders } from './kernel-folders.ts';

const skip = !existsSync('/proc/self/stat') && 'this machine has no /proc';

suite('state of a process', () => {
  test('is read behind its name, whatever the name is', (t) => {
    const folders = kernelFolders(t, {
      'proc/7/stat': '7 (node) R) T 1 7 7 0 -1\n',
      'proc/8/stat': 'odd',
    });
    assert.equal(findProcessState(7, folders), 'T');
    assert.equal(findProcessState(8, folders), undefined);
    assert.equal(findProcessState(9, folders), undefined);
  });

  test('tells a stopped process from one that waits', { skip }, async (t) => {
    const child = spawn('sleep', ['60']);
    t.after(() => child.kill('SIGKILL'));
    await once(child, 'spawn');
    const pid = child.pid ?? 0;
    await t.waitFor(() => {
      assert.equal(findProcessState(pid, KERNEL_FOLDERS), 'S');
    });
    child.kill('SIGSTOP');
    await t.waitFor(() => {
      assert.equal(findProcessState(pid, KERNEL_FOLDERS), 'T');
    });
  });
});

suite('the victim of choice', () => {
  test('scores higher than what started it, also where that is high already', (t) => {
    const folders = kernelFolders(t, {
      'proc/7/oom_score_adj': '0\n',
      'proc/8/oom_score_adj': '985\n',
      'proc/9/oom_score_adj': '-997\n',
    });
    for (const [pid, expected] of [
      [7, '300'],
      [8, '1000'],
      [9, '-697'],
    ] as const) {
      assert.equal(preferAsVictim(pid, folders), true);
      assert.equal(
        readFileSync(join(folders.proc, String(pid), 'oom_score_adj'), 'utf8'),
        expected,
      );
    }
  });

  test('cannot be a process that is gone, or one that the kernel is not asked about', (t) => {
    const folders = kernelFolders(t, { 'proc/8/oom_score_adj': 'odd' });
    assert.equal(preferAsVictim(7, folders), false);
    assert.equal(preferAsVictim(8, folders), false);
  });

  test('is a real process', { skip }, async (t) => {
    const child = spawn('sleep', ['60']);
    t.after(() => child.kill('SIGKILL'));
    await once(child, 'spawn');
    assert.equal(preferAsVictim(child.pid ?? 0, KERNEL_FOLDERS), true);
    assert.notEqual(
      readFileSync(`/proc/${child.pid}/oom_score_adj`, 'utf8'),
      readFileSync('/proc/self/oom_score_adj', 'utf8'),
    );
  });
});
