import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';

import { Agent } from '../agent.ts';
import { INHERITED } from '../support/inherited.ts';
import { type Holdfast, MISBEHAVING_TOOLS, processesOf, startHoldfast } from './holdfast.ts';

const timeout = 240_000;
const STOP_MS_MAX = 10_000;

function temporaryFolder(t: TestContext): string {
  // With a space in it, and closed to others, as a home folder is.
  const path = mkdtempSync(join(tmpdir(), 'holdfast state '));
  t.after(() => {
    for (const pid of processesOf(path)) process.kill(pid, 'SIGKILL');
    rmSync(path, { recursive: true, force: true, maxRetries: 5 });
  });
  return path;
}

function graveLines(holdfast: Holdfast): readonly string[] {
  return holdfast
    .log()
    .filter(({ level }) => level !== 'info')
    .map((line) => JSON.stringify(line));
}

interface Embedded {
  readonly postgres: { readonly port: number; readonly process: { readonly pid: number } };
  readonly redis: { readonly port: number; readonly process: { readonly pid: number } };
}

function readEmbedded(stateFolder: string): Embedded {
  return JSON.parse(readFileSync(join(stateFolder, 'embedded.json'), 'utf8')) as Embedded;
}

async function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => {
      resolve(false);
    });
  });
}

/** What a Redis says to a stranger. */
async function firstWord(port: number, command: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(`${command}\r\n`);
  const [said] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return said.toString();
}

async function killAll(stateFolder: string, t: TestContext): Promise<void> {
  for (const pid of processesOf(stateFolder)) process.kill(pid, 'SIGKILL');
  await t.waitFor(
    () => {
      assert.deepEqual(processesOf(stateFolder), []);
    },
    { timeout: 30_000 },
  );
}

suite('embedded servers', { concurrency: 2 }, () => {
  test('start with us without a warning, and SIGTERM leaves nothing behind', {
    timeout,
  }, async (t) => {
    const stateFolder = temporaryFolder(t);
    await using holdfast = startHoldfast({ stateFolder });
    const port = await holdfast.serving;
    assert.deepEqual(graveLines(holdfast), []);
    const brought = holdfast.log().filter(({ message }) => message.includes('not for production'));
    assert.equal(brought.length, 2);
    for (const line of brought) assert.equal(typeof line.data, 'string');
    assert.equal(statSync(join(stateFolder, 'embedded.json')).mode & 0o777, 0o600);

    const agents = await Promise.all(Array.from({ length: 4 }, () => Agent.connect(port)));
    const calls = agents.map((agent) => agent.call('waits', { ms: 500 }));
    const { postgres, redis } = readEmbedded(stateFolder);
    assert.ok(processesOf(stateFolder).includes(postgres.process.pid));
    assert.ok(processesOf(stateFolder).includes(redis.process.pid));
    const stoppedAt = performance.now();
    holdfast.child.kill('SIGTERM');
    for (const call of calls) assert.equal((await call).error, undefined);
    assert.deepEqual(await holdfast.ended, { code: 0, signal: null });
    assert.ok(performance.now() - stoppedAt < STOP_MS_MAX);
    assert.deepEqual(processesOf(stateFolder), []);
    assert.equal(existsSync(join(stateFolder, 'lock')), false);
    assert.equal(existsSync(join(stateFolder, 'postgres/data/postmaster.pid')), false);
    for (const each of [port, postgres.port, redis.port]) assert.equal(await isOpen(each), false);
    assert.deepEqual(graveLines(holdfast), []);
  });

  test('keep their data over a kill -9 of everything, and are quick the second time', {
    timeout,
  }, async (t) => {
    const stateFolder = temporaryFolder(t);
    const firstAt = performance.now();
    const first = startHoldfast({ stateFolder });
    await first.serving;
    const firstMs = performance.now() - firstAt;
    await killAll(stateFolder, t);
    assert.ok(existsSync(join(stateFolder, 'lock')));

    const startedAt = performance.now();
    await using second = startHoldfast({ stateFolder });
    await using agent = await Agent.connect(await second.serving);
    const tookMs = performance.now() - startedAt;
    // The first made a database, and the second has to mend one: on a machine that is busy both take longer.
    assert.ok(tookMs < firstMs + 2_000, `serving after ${tookMs} ms, and ${firstMs} ms at first`);
    assert.equal((await agent.call('asks_postgres')).error, undefined);
    const grave = graveLines(second);
    assert.equal(grave.length, 1);
    assert.match(grave[0] ?? '', /previous run ended without a report/);
    // The migrations are still there, so none runs again.
    assert.equal(
      second.log().some(({ message }) => message === 'migrated'),
      false,
    );
  });

  test('left behind by a supervisor that was killed, are taken over or replaced', {
    timeout,
  }, async (t) => {
    const stateFolder = temporaryFolder(t);
    const first = startHoldfast({ stateFolder });
    await first.serving;
    const orphans = readEmbedded(stateFolder);
    first.child.kill('SIGKILL');
    await first.ended;

    await using second = startHoldfast({ stateFolder });
    await using agent = await Agent.connect(await second.serving);
    const now = readEmbedded(stateFolder);
    assert.equal(now.postgres.process.pid, orphans.postgres.process.pid);
    assert.notEqual(now.redis.process.pid, orphans.redis.process.pid);
    assert.equal((await agent.call('asks_postgres')).error, undefined);
    await agent[Symbol.asyncDispose]();
    second.child.kill('SIGTERM');
    assert.equal((await second.ended).code, 0);
    assert.deepEqual(processesOf(stateFolder), []);
  });

  test('that die are started again, and no worker dies of it', { timeout }, async (t) => {
    const stateFolder = temporaryFolder(t);
    await using holdfast = startHoldfast({ stateFolder });
    const port = await holdfast.serving;
    await using agent = await Agent.connect(port);
    const pid = await agent.workerPid();
    const { postgres, redis } = readEmbedded(stateFolder);
    process.kill(postgres.process.pid, 'SIGKILL');
    process.kill(redis.process.pid, 'SIGKILL');
    await t.waitFor(
      () => {
        const back = holdfast.log().filter(({ message }) => message === 'embedded server is back');
        assert.equal(back.length, 2);
      },
      { timeout: 60_000 },
    );
    await t.waitFor(
      async () => {
        const response = await fetch(`http://127.0.0.1:${port}/readyz?verbose`);
        const health = await response.json();
        assert.deepEqual(health, {
          status: 'ready',
          postgres: { status: 'up' },
          redis: { status: 'up' },
        });
      },
      { timeout: 30_000 },
    );
    assert.equal((await agent.call('asks_postgres')).error, undefined);
    assert.equal(await agent.workerPid(), pid);
  });

  test('of two at once are apart, and a folder in use says by whom', { timeout }, async (t) => {
    const [one, other] = [temporaryFolder(t), temporaryFolder(t)];
    await using first = startHoldfast({ stateFolder: one });
    await using second = startHoldfast({ stateFolder: other });
    const ports = await Promise.all([first.serving, second.serving]);
    assert.notEqual(ports[0], ports[1]);
    await using intruder = startHoldfast({ stateFolder: one });
    assert.equal((await intruder.ended).code, 69);
    assert.match(intruder.output(), new RegExp(`held by process ${first.child.pid}`));
    await using agent = await Agent.connect(ports[0]);
    assert.equal((await agent.call('asks_postgres')).error, undefined);
  });

  test('that are being started again are stopped all the same', { timeout }, async (t) => {
    const stateFolder = temporaryFolder(t);
    await using holdfast = startHoldfast({
      stateFolder,
      env: { MCP_SUPERVISOR_BACKOFF_MS: '1' },
    });
    await holdfast.serving;
    process.kill(readEmbedded(stateFolder).postgres.process.pid, 'SIGKILL');
    await t.waitFor(
      () => {
        assert.ok(holdfast.log().some(({ message }) => message === 'embedded server ended'));
      },
      { interval: 5 },
    );
    holdfast.child.kill('SIGTERM');
    assert.equal((await holdfast.ended).code, 0);
    assert.deepEqual(processesOf(stateFolder), []);
  });

  test('are stopped when the terminal is closed', { timeout }, async (t) => {
    if (spawnSync('script', ['--version']).status !== 0) {
      t.skip('there is no script(1) to make a terminal');
      return;
    }
    const stateFolder = temporaryFolder(t);
    const command = `"${process.execPath}" "${join(import.meta.dirname, '../../bin/holdfast.js')}" start`;
    const terminal = spawn('script', ['-qfec', command, '/dev/null'], {
      env: {
        ...INHERITED,
        MCP_PORT: '0',
        MCP_ADMIN_PORT: '0',
        MCP_STATE_DIR: stateFolder,
        MCP_TOOLS: MISBEHAVING_TOOLS,
      },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let shown = '';
    terminal.stdout.setEncoding('utf8').on('data', (text: string) => (shown += text));
    await t.waitFor(
      () => {
        assert.match(shown, /Ctrl-C stops it/);
      },
      { timeout: 60_000 },
    );
    terminal.kill('SIGKILL');
    await t.waitFor(
      () => {
        assert.deepEqual(processesOf(stateFolder), []);
      },
      { timeout: 60_000 },
    );
  });

  test('are in JavaScript where there is no Redis, and answer all the same', {
    timeout,
  }, async (t) => {
    const stateFolder = temporaryFolder(t);
    await using holdfast = startHoldfast({ stateFolder, env: { PATH: '' } });
    const port = await holdfast.serving;
    assert.ok(holdfast.log().some(({ version }) => version === 'js-redis-server'));
    const response = await fetch(`http://127.0.0.1:${port}/health?verbose`);
    assert.deepEqual(await response.json(), {
      status: 'ready',
      postgres: { status: 'up' },
      redis: { status: 'up' },
    });
    const { redis } = readEmbedded(stateFolder);
    assert.match(await firstWord(redis.port, 'GET x'), /NOAUTH/);
  });

  test('stop when the signal comes while they start', { timeout }, async (t) => {
    const stateFolder = temporaryFolder(t);
    await using holdfast = startHoldfast({ stateFolder });
    await t.waitFor(
      () => {
        assert.ok(holdfast.log().some(({ message }) => message === 'starting'));
      },
      { timeout: 30_000, interval: 5 },
    );
    holdfast.child.kill('SIGTERM');
    assert.equal((await holdfast.ended).code, 0);
    assert.deepEqual(processesOf(stateFolder), []);
  });
});
