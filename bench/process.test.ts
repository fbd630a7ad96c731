import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { cpuMsOf, isAlive, treeOf } from './proc.ts';
import { freePort, startProcess, startServer } from './process.ts';

const LISTEN = `const s = require('net').createServer().listen(Number(process.env.PORT ?? 0), '127.0.0.1',
  () => console.log(JSON.stringify({ port: s.address().port })));`;
const STUBBORN_CHILD = `require('child_process').spawn(process.execPath, ['-e',
  'process.on("SIGTERM", () => {}); for (const end = Date.now() + 300; Date.now() < end; ); setInterval(() => {}, 1000)']);`;

function node(script: string): readonly string[] {
  return [process.execPath, '-e', script];
}

suite('a server', () => {
  test('counts with all that it started, and is stopped with it', async (t) => {
    const before = new Set(treeOf(process.pid));
    const server = await startServer(node(STUBBORN_CHILD + LISTEN), {});
    const tree = treeOf(process.pid).filter((pid) => !before.has(pid));
    assert.equal(tree.length, 2);
    await t.waitFor(() => assert.ok(server.cpuMs() > 300), { timeout: 20_000 });
    assert.ok(Math.abs(tree.reduce((sum, pid) => sum + cpuMsOf(pid), 0) - server.cpuMs()) < 50);
    assert.ok(server.rssBytes() > 30 * 1_048_576);
    await server[Symbol.asyncDispose]();
    // The kernel takes a moment for what was killed.
    await t.waitFor(() => assert.deepEqual(tree.filter(isAlive), []), { timeout: 10_000 });
  });

  test('that is told its port is there once it listens', async () => {
    const port = await freePort();
    await using server = await startProcess({
      command: node(LISTEN),
      env: { ...process.env, PORT: String(port) },
      headers: {},
      port,
    });
    assert.equal(server.port, port);
  });

  test('that does not start says why', async () => {
    await assert.rejects(startServer(node('throw new Error("no disk")'), {}), /no disk/);
    await assert.rejects(startServer(['/none/such'], {}), (error: Error) => {
      assert.match(String(error.cause), /ENOENT/);
      return true;
    });
    const port = await freePort();
    const options = { command: node(''), env: process.env, headers: {}, port };
    await assert.rejects(startProcess(options), /does not serve/);
  });
});
