import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { basename } from 'node:path';
import { suite, test } from 'node:test';

import { KERNEL_FOLDERS } from '../../../src/supervisor/host/kernel-file.ts';
import { describeHolder, findPortHolder } from '../../../src/supervisor/host/port-holder.ts';
import { kernelFolders } from './kernel-folders.ts';

const skip = !existsSync('/proc/net/tcp') && 'this machine has no /proc/net';
const HEAD = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n';

suite('holder of a port', () => {
  for (const address of ['127.0.0.1', '::']) {
    test(`is this process, where it listens on ${address}`, { skip }, async (t) => {
      const server = createServer().listen(0, address);
      t.after(() => server.close());
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      const holder = findPortHolder(port, KERNEL_FOLDERS);
      assert.deepEqual(holder, {
        uid: process.getuid?.(),
        pid: process.pid,
        program: basename(process.execPath),
      });
      assert.equal(
        describeHolder(holder),
        `${basename(process.execPath)} (process ${process.pid})`,
      );
    });
  }

  test('is not who is merely connected to it, and nobody where nobody listens', (t) => {
    const folders = kernelFolders(t, {
      'proc/net/tcp': `${HEAD}   0: 0100007F:0BB8 0100007F:A448 01 0:0 00:0 0 1000 0 77 1 0\n odd\n`,
    });
    assert.equal(findPortHolder(3000, folders), undefined);
    assert.equal(findPortHolder(3000, { proc: '/nowhere', cgroup: '/nowhere' }), undefined);
  });

  test('of another user is known by the user alone', (t) => {
    const folders = kernelFolders(t, {
      'proc/net/tcp6': `${HEAD}   0: 00000000000000000000000000000000:0BB8 0:0 0A 0:0 00:0 0 1000 0 77 1 0\n`,
      'proc/12/fd/3': '->socket:[78]',
      'proc/13/fd/3': '->socket:[79]',
    });
    const holder = findPortHolder(3000, folders);
    assert.ok(holder);
    assert.equal(describeHolder(holder), 'a process of user 1000');
  });

  test('whose program is hidden is known by its number', (t) => {
    const folders = kernelFolders(t, {
      'proc/net/tcp': `${HEAD}   0: 00000000:0BB8 0:0 0A 0:0 00:0 0 0 0 77 1 0\n`,
      'proc/12/fd/3': '->socket:[78]',
      'proc/13/fd/4': '->socket:[77]',
    });
    const holder = findPortHolder(3000, folders);
    assert.ok(holder);
    assert.equal(describeHolder(holder), 'process 13');
  });
});
