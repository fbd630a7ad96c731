import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { readCgroup } from '../../../src/supervisor/host/cgroup.ts';
import { KERNEL_FOLDERS } from '../../../src/supervisor/host/kernel-file.ts';
import { kernelFolders } from './kernel-folders.ts';

const NOTHING = {
  memoryLimitBytes: undefined,
  oomKills: undefined,
  oomGroupKills: undefined,
  isKilledAsGroup: false,
  pidsMax: undefined,
};

suite('control group', () => {
  test('version 2: the least limit of all groups around us holds, and the events are our own', (t) => {
    const folders = kernelFolders(t, {
      'proc/self/cgroup': '0::/system.slice/holdfast.service\n',
      'cgroup/memory.max': 'max\n',
      'cgroup/system.slice/memory.max': '536870912\n',
      'cgroup/system.slice/holdfast.service/memory.max': '1073741824\n',
      'cgroup/system.slice/memory.events': 'oom_kill 9\n',
      'cgroup/system.slice/holdfast.service/memory.events':
        'low 0\nhigh 0\nmax 31\noom 2\noom_kill 2\noom_group_kill 0\n',
      'cgroup/system.slice/holdfast.service/pids.max': '512\n',
    });
    assert.deepEqual(readCgroup(folders), {
      memoryLimitBytes: 536_870_912,
      oomKills: 2,
      oomGroupKills: 0,
      isKilledAsGroup: false,
      pidsMax: 512,
    });
  });

  test('version 2: that memory ends all of us at once is seen before it happens', (t) => {
    const folders = kernelFolders(t, {
      'proc/self/cgroup': '0::/\n',
      'cgroup/memory.max': '268435456\n',
      'cgroup/memory.oom.group': '1\n',
      'cgroup/memory.events': 'oom_kill 5\noom_group_kill 1\n',
      'cgroup/pids.max': 'max\n',
    });
    assert.deepEqual(readCgroup(folders), {
      memoryLimitBytes: 268_435_456,
      oomKills: 5,
      oomGroupKills: 1,
      isKilledAsGroup: true,
      pidsMax: undefined,
    });
  });

  test('version 1: each controller has a folder of its own, and in a container our group is its root', (t) => {
    const folders = kernelFolders(t, {
      'proc/self/cgroup': '11:pids:/docker/abc\n4:memory:/docker/abc\n1:name=systemd:/docker/abc\n',
      'cgroup/memory/memory.limit_in_bytes': '134217728\n',
      'cgroup/memory/memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 3\n',
      'cgroup/pids/pids.max': '100\n',
    });
    assert.deepEqual(readCgroup(folders), {
      ...NOTHING,
      memoryLimitBytes: 134_217_728,
      oomKills: 3,
      pidsMax: 100,
    });
  });

  test('version 1 beside version 2: memory is where version 1 says', (t) => {
    const folders = kernelFolders(t, {
      'proc/self/cgroup': '4:memory:/a\n0::/b\n',
      'cgroup/memory.max': '1\n',
      'cgroup/memory/a/memory.limit_in_bytes': '9223372036854771712\n',
      'cgroup/memory/a/memory.oom_control': 'oom_kill 0\n',
    });
    assert.deepEqual(readCgroup(folders), { ...NOTHING, oomKills: 0 });
  });

  test('where there is none, or an odd one, nothing is known', (t) => {
    assert.deepEqual(readCgroup({ proc: '/nowhere', cgroup: '/nowhere' }), NOTHING);
    const folders = kernelFolders(t, {
      'proc/self/cgroup': 'odd\n',
      'cgroup/memory.max': 'odd\n',
      'cgroup/memory.events': 'odd',
      'cgroup/pids.max': '-1',
    });
    assert.deepEqual(readCgroup(folders), NOTHING);
  });

  test("this machine's own is read without an error", () => {
    const { memoryLimitBytes } = readCgroup(KERNEL_FOLDERS);
    assert.ok(memoryLimitBytes === undefined || memoryLimitBytes > 0);
  });
});
