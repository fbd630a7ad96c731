import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { suite, test } from 'node:test';

import { choosePort } from '../../src/supervisor/embedded/port.ts';

const MAIN = join(import.meta.dirname, '../../src/health-check/main.ts');

interface Checked {
  readonly code: number | null;
  readonly said: string;
}

async function check(env: Readonly<Record<string, string>>): Promise<Checked> {
  const child = spawn(process.execPath, [MAIN], {
    env: { ...process.env, MCP_ADMIN_HOST: '', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  await once(child, 'close');
  return { code: child.exitCode, said };
}

/** Stands where the supervisor listens for operators. */
async function serve(listener: RequestListener): Promise<AsyncDisposable & { port: string }> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port: String(port),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

suite('the health check', () => {
  test('ends with 0 where the supervisor says that we are ready', async () => {
    const asked: (string | undefined)[] = [];
    await using admin = await serve(({ url }, response) => {
      asked.push(url);
      response.end('{"status":"ready"}');
    });
    const checked = await check({ MCP_ADMIN_PORT: admin.port });
    assert.deepEqual(checked, { code: 0, said: 'ready\n' });
    assert.deepEqual(asked, ['/readyz']);
  });

  test('asks at loopback where the supervisor listens on every address', async () => {
    await using admin = await serve((_request, response) => response.end());
    const checked = await check({ MCP_ADMIN_PORT: admin.port, MCP_ADMIN_HOST: '0.0.0.0' });
    assert.deepEqual(checked, { code: 0, said: 'ready\n' });
  });

  test('ends with 1 and says in one line of bounded length why we are not ready', async () => {
    await using admin = await serve((_request, response) => {
      response.writeHead(503).end(`{\n  "postgres": "down",\n ${'x'.repeat(1_000_000)}`);
    });
    const { code, said } = await check({ MCP_ADMIN_PORT: admin.port });
    assert.equal(code, 1);
    assert.match(said, /^not ready: 503 \{ "postgres": "down", x+\n$/);
    assert.ok(said.length < 350);
  });

  test('ends with 1 where nobody listens', async () => {
    const port = String(await choosePort(undefined));
    const { code, said } = await check({ MCP_ADMIN_PORT: port });
    assert.equal(code, 1);
    assert.match(said, /^not ready: no answer from 127\.0\.0\.1:\d+, .*ECONNREFUSED.*\n$/);
  });

  test('ends with 1 where nobody can be asked', async () => {
    for (const port of ['0', 'x']) {
      const { code, said } = await check({ MCP_ADMIN_PORT: port });
      assert.equal(code, 1, said);
      assert.match(said, /^not ready: no answer from .*\n$/);
    }
  });

  test('does not wait for an answer longer than Docker waits for it', async () => {
    await using admin = await serve((_request, response) => response.write('{'));
    const startedAt = performance.now();
    const { code, said } = await check({ MCP_ADMIN_PORT: admin.port });
    assert.equal(code, 1);
    assert.match(said, /^not ready: no answer from 127\.0\.0\.1:\d+, waited 5000 ms\n$/);
    assert.ok(performance.now() - startedAt < 9_000);
  });
});
