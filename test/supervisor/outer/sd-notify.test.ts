import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';
import { SdNotify } from '../../../src/supervisor/outer/sd-notify.ts';
import { noNotifySocket, openNotifySocket } from '../../outer/notify-socket.ts';

const waiting = { timeout: 10_000, interval: 20 };

/** A helper that writes down what it is told, and then does what the test wants. */
function fakeHelper(t: TestContext, then = '') {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-notify-'));
  t.after(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const log = join(folder, 'said');
  const script = `#!/bin/sh\necho "$NOTIFY_SOCKET|$*" >>'${log}'\n${then}\n`;
  writeFileSync(join(folder, 'systemd-notify'), script);
  chmodSync(join(folder, 'systemd-notify'), 0o755);
  return {
    folder,
    said: () => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []),
  };
}

function open(searchPath: string, timeoutMs = 2_000) {
  const failures: string[] = [];
  const onFailure = (reason: string): void => void failures.push(reason);
  const notify = new SdNotify({ socket: '@socket', pid: 7, searchPath, timeoutMs, onFailure });
  return { notify, failures };
}

suite('sd-notify', () => {
  test('the helper is told for whom it speaks, and not to wait', async (t) => {
    const { folder, said } = fakeHelper(t);
    const { notify, failures } = open(folder);
    notify.send({ READY: '1', STATUS: 'RUNNING; $(rm -rf /) "quoted"' });
    await t.waitFor(() => {
      assert.deepEqual(said(), [
        '@socket|--no-block --pid=7 READY=1 STATUS=RUNNING; $(rm -rf /) "quoted"',
      ]);
    }, waiting);
    assert.deepEqual(failures, []);
  });

  test('one helper runs at a time, and what comes meanwhile is one message', async (t) => {
    const { folder, said } = fakeHelper(t, 'until [ -e "$0.go" ]; do /bin/sleep 0.02; done');
    const { notify } = open(folder, 10_000);
    notify.send({ STATUS: 'first' });
    await t.waitFor(() => {
      assert.equal(said().length, 1);
    }, waiting);
    for (let index = 0; index < 100; index += 1) notify.send({ STATUS: `number ${index}` });
    notify.send({ RELOADING: '1', MONOTONIC_USEC: '5' });
    notify.send({ WATCHDOG: '1' });
    notify.send({ READY: '1' });
    writeFileSync(join(folder, 'systemd-notify.go'), '');
    await t.waitFor(() => {
      assert.equal(said().length, 2);
    }, waiting);
    assert.equal(
      said()[1],
      '@socket|--no-block --pid=7 STATUS=number 99 MONOTONIC_USEC=5 WATCHDOG=1 READY=1',
    );
  });

  test('a helper that hangs is ended, told once, and the next one runs', async (t) => {
    const { folder, said } = fakeHelper(t, 'exec /bin/sleep 60');
    const { notify, failures } = open(folder, 100);
    notify.send({ READY: '1' });
    notify.send({ STATUS: 'one' });
    await t.waitFor(() => {
      assert.equal(said().length, 2);
    }, waiting);
    notify.send({ STATUS: 'two' });
    await t.waitFor(() => {
      assert.equal(said().length, 3);
    }, waiting);
    assert.deepEqual(failures, ['systemd-notify ended with SIGKILL']);
  });

  test('a helper that fails, or is not there, is told once', async (t) => {
    const { folder } = fakeHelper(t, 'exit 3');
    for (const [searchPath, reason] of [
      [folder, /ended with 3/],
      ['/nowhere', /ENOENT/],
    ] as const) {
      const { notify, failures } = open(searchPath);
      notify.send({ READY: '1' });
      await t.waitFor(() => {
        assert.equal(failures.length, 1);
      }, waiting);
      notify.send({ STOPPING: '1' });
      await new Promise(setImmediate);
      assert.match(failures[0] ?? '', reason);
    }
  });

  test('what cannot even be passed to a helper does not end us', () => {
    const { notify, failures } = open('/nowhere');
    notify.send({ STATUS: 'a\0b' });
    assert.equal(failures.length, 1);
  });

  test("systemd's own helper reaches a socket of its kind", { skip: noNotifySocket }, async (t) => {
    const { path, heard } = await openNotifySocket(t);
    const failures: string[] = [];
    const notify = new SdNotify({
      socket: path,
      pid: process.pid,
      searchPath: process.env.PATH ?? '',
      timeoutMs: 2_000,
      onFailure: (reason) => failures.push(reason),
    });
    notify.send({ READY: '1', STATUS: 'RUNNING: 4 of 4 workers' });
    notify.send({ WATCHDOG: '1' });
    await t.waitFor(() => {
      assert.equal(heard().length, 2);
    }, waiting);
    const [first = '', second = ''] = heard();
    assert.match(first, /READY=1\\nSTATUS=RUNNING: 4 of 4 workers/);
    assert.match(first, new RegExp(`MAINPID=${process.pid}`));
    assert.match(second, /WATCHDOG=1/);
    assert.deepEqual(failures, []);
  });
});
