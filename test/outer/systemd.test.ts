/** The unit we ship: what systemd itself says of it, and whether its numbers fit ours. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';

import { ExitCode } from '../../src/shared/exit-codes.ts';
import { VARIABLES } from '../../src/shared/variables.ts';
import { createDatabase } from '../postgres.ts';
import { startHoldfast, suiteServers } from '../process/holdfast.ts';
import { noNotifySocket, openNotifySocket } from './notify-socket.ts';

const ROOT = join(import.meta.dirname, '../..');
const unit = readFileSync(join(ROOT, 'deploy/systemd/holdfast.service'), 'utf8');
const DRAIN_S = 25;
/** As long as a supervisor takes to give up on workers that take 12 s to fail. */
const FATAL_S = 66;

function setting(name: string): string {
  const [, value] = new RegExp(`^${name}=(.*)$`, 'm').exec(unit) ?? [];
  assert.ok(value, `the unit does not set ${name}`);
  return value;
}

suite('systemd', () => {
  const analyze = spawnSync('systemd-analyze', ['--version'], { encoding: 'utf8' });
  const skip = analyze.status !== 0 && 'this machine has no systemd-analyze';

  test('systemd finds nothing wrong with the unit', { skip }, (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-unit-'));
    t.after(() => {
      rmSync(folder, { recursive: true, force: true });
    });
    const path = join(folder, 'holdfast.service');
    const here = unit
      .replace('/usr/bin/node', process.execPath)
      .replace('/usr/lib/node_modules/mcp-holdfast', ROOT);
    writeFileSync(path, here);
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', path], { encoding: 'utf8' });
    const version = Number(/systemd (\d+)/.exec(analyze.stdout)?.[1]);
    const faults = stderr
      .split('\n')
      .filter((line) => line.includes('holdfast.service'))
      .filter((line) => version >= 254 || !/RestartSteps|RestartMaxDelaySec/.test(line));
    assert.deepEqual([status, faults], [0, []], stderr);
  });

  test('it starts what npm installs', () => {
    const command = setting('ExecStart').split(' ');
    assert.equal(command[0], '/usr/bin/node');
    assert.deepEqual(command.slice(-2), [
      '/usr/lib/node_modules/mcp-holdfast/bin/holdfast.js',
      'start',
    ]);
    assert.equal(setting('StateDirectory'), 'holdfast');
  });

  test('it does not start again what no restart can help', () => {
    assert.equal(
      setting('RestartPreventExitStatus'),
      `${ExitCode.Usage} ${ExitCode.Misconfigured}`,
    );
  });

  test('a loop reaches the limit of starts before the oldest start is forgotten', () => {
    const slowest = FATAL_S + Number(setting('RestartMaxDelaySec'));
    assert.ok(
      Number(setting('StartLimitBurst')) * slowest < Number(setting('StartLimitIntervalSec')),
    );
  });

  test('it waits for longer than we take', () => {
    const startupS = Number(VARIABLES.MCP_STARTUP_DEADLINE_MS.default) / 1_000;
    assert.ok(Number(setting('TimeoutStartSec')) > startupS + FATAL_S);
    assert.ok(Number(setting('TimeoutStopSec')) > DRAIN_S + 10);
  });

  test('it hears that we are ready once a worker is, and that we stop', {
    skip: noNotifySocket,
    timeout: 60_000,
  }, async (t) => {
    const { path, heard } = await openNotifySocket(t);
    await using database = await createDatabase();
    const holdfast = startHoldfast({
      env: { ...suiteServers(database.url), MCP_WORKERS: '1', NOTIFY_SOCKET: path },
    });
    await using _ = holdfast;
    const port = await holdfast.serving;
    await t.waitFor(() => {
      assert.ok(heard().some((message) => message.includes('READY=1')));
    });
    const { ok } = await fetch(`http://127.0.0.1:${port}/readyz`);
    assert.ok(ok);
    assert.ok(heard().every((message) => message.includes(`MAINPID=${holdfast.child.pid}`)));
    holdfast.child.kill('SIGTERM');
    assert.equal((await holdfast.ended).code, 0);
    await t.waitFor(() => {
      assert.ok(heard().some((message) => message.includes('STOPPING=1')));
    });
  });
});
