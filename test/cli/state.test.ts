import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { suite, test } from 'node:test';

import { type Opened, open, TOKEN } from '../supervisor/admin/opened.ts';
import { degraded } from '../supervisor/admin/snapshot.ts';
import { type Ran, type, typeInTerminal } from './typed.ts';

const BIN = join(import.meta.dirname, '../../bin/holdfast.js');

const state = (env: NodeJS.ProcessEnv, ...args: readonly string[]): Promise<Ran> =>
  type(env, 'state', ...args);

const environmentOf = ({ stateFolder }: Opened): NodeJS.ProcessEnv => ({
  MCP_STATE_DIR: stateFolder,
});

/** Something else than Holdfast, on a free port. */
async function serveOther(listener: RequestListener) {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

suite('holdfast state', () => {
  test('finds the supervisor of the state folder, and prints one JSON document for a program', async () => {
    await using opened = await open();
    opened.source.current = degraded;
    const { code, stdout, stderr } = await state(environmentOf(opened));
    assert.deepEqual([code, stderr], [0, '']);
    const { schema, supervisor } = JSON.parse(stdout);
    assert.equal(schema, 'mcp.supervisor.state/1');
    assert.equal(supervisor.state, 'DEGRADED');
  });

  test('shows a table on a terminal, in colour unless NO_COLOR is set, and JSON if asked', async (t) => {
    if (spawnSync('script', ['--version']).status !== 0) {
      t.skip('there is no script(1) to make a terminal');
      return;
    }
    await using opened = await open();
    opened.source.current = degraded;
    const inTerminal = async (env: NodeJS.ProcessEnv, options = ''): Promise<Ran> =>
      typeInTerminal(`"${process.execPath}" "${BIN}" state ${options}`, {
        TERM: 'xterm-256color',
        ...environmentOf(opened),
        ...env,
      });
    const coloured = await inTerminal({});
    assert.equal(coloured.code, 0);
    assert.ok(coloured.stdout.includes('\u001b[33mDEGRADED'));
    assert.match(coloured.stdout, /\n1 +– +[^\n]*BACKOFF/);
    const bare = await inTerminal({ NO_COLOR: '1' });
    assert.match(bare.stdout, /^DEGRADED {2}slot 1 in BACKOFF/);
    assert.ok(!bare.stdout.includes('\u001b'));
    const asked = await inTerminal({}, '--json');
    assert.equal(JSON.parse(asked.stdout).schema, 'mcp.supervisor.state/1');
  });

  test('ends with 1 where the command line is wrong', async () => {
    for (const args of [['--bogus'], ['here'], ['--url'], ['--url', 'ftp://127.0.0.1']]) {
      const { code, stdout, stderr } = await state({}, ...args);
      assert.deepEqual([code, stdout], [1, '']);
      assert.match(stderr, /^holdfast: /);
    }
  });

  test('ends with 3 where it may not ask, shows the token only where it belongs, and says so', async () => {
    const shown: unknown[] = [];
    await using guarded = await serveOther(({ headers }, response) => {
      shown.push(headers.authorization);
      response.writeHead(headers.authorization === undefined ? 401 : 403).end();
    });
    const without = await state({ MCP_STATE_DIR: '/nowhere/at/all' }, '--url', guarded.url);
    assert.equal(without.code, 3);
    assert.match(without.stderr, /^holdfast: There is no token to show .*MCP_ADMIN_TOKEN/);
    const refused = await state({ MCP_ADMIN_TOKEN: TOKEN }, '--url', guarded.url);
    assert.equal(refused.code, 3);
    assert.match(refused.stderr, /^holdfast: The token is turned down/);
    assert.ok(!refused.stderr.includes(TOKEN));
    assert.deepEqual(shown, [undefined, `Bearer ${TOKEN}`]);
  });

  test('ends with 4 where nobody answers, or something else does', async () => {
    const opened = await open();
    await opened[Symbol.asyncDispose]();
    const nobody = await state({}, '--url', opened.url);
    assert.deepEqual([nobody.code, nobody.stdout], [4, '']);
    assert.match(nobody.stderr, /^holdfast: Nobody answers at [^\n]*ECONNREFUSED[^\n]*\n$/);
    for (const [status, body] of [
      [200, 'hello'],
      [200, '{}'],
      [302, ''],
      [500, '{}'],
    ] as const) {
      await using other = await serveOther((_, response) => {
        response.writeHead(status, { location: '/elsewhere' }).end(body);
      });
      const { code, stdout, stderr } = await state({}, '--url', other.url);
      assert.deepEqual([code, stdout], [4, '']);
      assert.match(stderr, /^holdfast: [^\n]*answers[^\n]*\n$/);
    }
  });
});
