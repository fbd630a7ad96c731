/** pm2 itself, with the file we ship. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, suite, type TestContext, test } from 'node:test';

import { StateFolder } from '../../src/supervisor/state-folder.ts';
import { createDatabase } from '../postgres.ts';
import { MISBEHAVING_TOOLS, suiteServers } from '../process/holdfast.ts';
import { findFreePort } from '../worker/store/free-port.ts';
import { Pm2 } from './pm2.ts';

const timeout = 90_000;

suite('pm2', () => {
  let pm2: Pm2 | undefined;
  const stateFolder = mkdtempSync(join(tmpdir(), 'holdfast-pm2-state-'));
  const settings = {
    MCP_STATE_DIR: stateFolder,
    MCP_PORT: '0',
    MCP_ADMIN_PORT: '0',
    MCP_TOOLS: MISBEHAVING_TOOLS,
    MCP_WORKERS: '1',
  };
  before(async () => {
    pm2 = await Pm2.install();
  });
  afterEach(() => pm2?.forget());
  after(async () => {
    await pm2?.[Symbol.asyncDispose]();
    rmSync(stateFolder, { recursive: true, force: true });
  });
  const installed = (t: TestContext): Pm2 | undefined => {
    if (pm2 === undefined) t.skip('npm cannot install pm2 here');
    return pm2;
  };

  test('what no restart can help is stopped at once', { timeout }, async (t) => {
    const here = installed(t);
    if (here === undefined) return;
    await here.start({ ...settings, MCP_PORT: 'many' });
    const { status, restarts, exitCode } = await here.untilGivenUp();
    assert.deepEqual([status, restarts, exitCode], ['stopped', 0, 78]);
    assert.match(here.log(), /MCP_PORT/);
  });

  test('what fails again and again ends as errored, with our code', { timeout }, async (t) => {
    const here = installed(t);
    if (here === undefined) return;
    using _ = new StateFolder(stateFolder);
    await here.start(settings);
    const { status, restarts, exitCode } = await here.untilGivenUp();
    assert.deepEqual([status, restarts, exitCode], ['errored', 4, 69]);
    assert.match(here.log(), new RegExp(`process ${process.pid}`));
  });

  test('its cluster mode is refused, with what to write instead', { timeout }, async (t) => {
    const here = installed(t);
    if (here === undefined) return;
    await here.start(settings, { exec_mode: 'cluster' });
    const { status, restarts, exitCode } = await here.untilGivenUp();
    assert.deepEqual([status, restarts, exitCode], ['stopped', 0, 78]);
    assert.ok(
      here.log().replaceAll('\\', '').includes('Set "exec_mode": "fork" and "instances": 1'),
    );
  });

  test('it waits until a worker is ready, and lets it drain', { timeout }, async (t) => {
    const here = installed(t);
    if (here === undefined) return;
    await using database = await createDatabase();
    const port = await findFreePort();
    await here.start({ ...settings, ...suiteServers(database.url), MCP_PORT: String(port) });
    const { ok } = await fetch(`http://127.0.0.1:${port}/readyz`);
    assert.ok(ok);
    assert.equal((await here.managed()).status, 'online');
    await here.run(['stop', 'all']);
    const { status, exitCode } = await here.managed();
    assert.deepEqual([status, exitCode], ['stopped', 0]);
    assert.match(here.log(), /worker ended as asked|workers are gone/);
  });
});
