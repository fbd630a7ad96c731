import assert from 'node:assert/strict';
import { hostname } from 'node:os';
import { suite, test } from 'node:test';

import { readHostIdentity } from '../../../src/supervisor/host/host-identity.ts';
import { kernelFolders } from './kernel-folders.ts';

const ID = '5f'.repeat(32);
const OTHER = 'a0'.repeat(32);

suite('identity of the host', () => {
  for (const [of, path, text] of [
    [
      'Docker with a group of its own',
      'mountinfo',
      `1 2 8:1 /var/lib/docker/containers/${ID}/hostname /etc/hostname rw`,
    ],
    ["Docker in the host's groups", 'cgroup', `4:memory:/docker/${ID}`],
    ['Docker under systemd', 'cgroup', `0::/system.slice/docker-${ID}.scope`],
    [
      'Podman',
      'mountinfo',
      `1 2 0:1 /containers/overlay-containers/${ID}/userdata/hostname /etc/hostname rw`,
    ],
    [
      'containerd under Kubernetes',
      'cgroup',
      `0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-${ID}.scope`,
    ],
    ['Kubernetes without systemd', 'cgroup', `4:memory:/kubepods/besteffort/pod1/${ID}`],
  ] as const) {
    test(`the container is known under ${of}`, (t) => {
      const folders = kernelFolders(t, { [`proc/self/${path}`]: `x\n${text}\n` });
      assert.deepEqual(readHostIdentity(folders), { hostName: hostname(), containerId: ID });
    });
  }

  test('a layer of the file system is not taken for a container', (t) => {
    const folders = kernelFolders(t, {
      'proc/self/mountinfo': `1 2 0:1 / / rw - overlay overlay rw,upperdir=/var/lib/docker/overlay2/${OTHER}/diff\n`,
    });
    assert.equal(readHostIdentity(folders).containerId, undefined);
  });

  test('outside of containers there is none', () => {
    assert.equal(readHostIdentity({ proc: '/nowhere', cgroup: '/nowhere' }).containerId, undefined);
  });
});
