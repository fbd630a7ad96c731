/** nginx and Caddy themselves, with the files we ship. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, type TestContext, test } from 'node:test';

import { VARIABLES } from '../../src/shared/variables.ts';
import { makeApiKey } from '../../src/worker/auth/api-key.ts';
import { Agent } from '../agent.ts';
import { createDatabase } from '../postgres.ts';
import { type Holdfast, startHoldfast, suiteServers } from '../process/holdfast.ts';
import { CADDY, NAME, NGINX, type Proxy, provide, startProxy } from './proxy.ts';

const timeout = 60_000;
/** The first key, which is given to Holdfast in a file. */
const key = makeApiKey().text;
const SHOWN = { Authorization: `Bearer ${key}` };
const nginx = readFileSync(join(import.meta.dirname, '../../deploy/nginx/holdfast.conf'), 'utf8');

/** What a path is answered, once the proxy answers at all. */
async function statusOf({ port, ca }: Proxy, path: string, headers = {}): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const options = { port, path, ca, servername: NAME, headers: { Host: NAME, ...headers } };
  const asking = request({ host: '127.0.0.1', ...options }, (response) => {
    response.resume();
    resolve(response.statusCode ?? 0);
  });
  asking.on('error', reject).end();
  return promise;
}

/** A ticket for who has the key. */
async function ticketOf({ port, ca }: Proxy): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string[]>();
  const options = { host: '127.0.0.1', port, path: '/mcp/ticket', method: 'POST', ca };
  const headers = { Host: NAME, ...SHOWN };
  request({ ...options, servername: NAME, headers }, (response) => {
    response.setEncoding('utf8').toArray().then(resolve, reject);
  })
    .on('error', reject)
    .end();
  return JSON.parse((await promise).join('')).ticket;
}

/** Calls a tool over Streamable HTTP. Resolves with what arrived, piece by piece. */
async function piecesOf({ port, ca }: Proxy, name: string, given: object): Promise<string[]> {
  const meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientCapabilities': {},
    progressToken: 'p',
  };
  const { promise, resolve, reject } = Promise.withResolvers<string[]>();
  const headers = {
    Host: NAME,
    ...SHOWN,
    'Content-Type': 'application/json',
    Accept: 'application/json, text/event-stream',
    'MCP-Protocol-Version': '2026-07-28',
    'Mcp-Method': 'tools/call',
    'Mcp-Name': name,
  };
  const options = { host: '127.0.0.1', port, path: '/mcp', method: 'POST', ca, servername: NAME };
  const params = { name, arguments: given, _meta: meta };
  request({ ...options, headers }, (response) => {
    response.setEncoding('utf8').toArray().then(resolve, reject);
  })
    .on('error', reject)
    .end(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params }));
  return promise;
}

function agentOptions({ ca }: Proxy, shown: object) {
  return { ca, servername: NAME, headers: { Host: NAME, ...shown } };
}

for (const kind of [NGINX, CADDY]) {
  suite(kind.program, () => {
    const opened = new AsyncDisposableStack();
    let holdfast: Holdfast;
    let proxy: Proxy | undefined;
    before(async () => {
      if (!provide(kind)) return;
      const database = opened.use(await createDatabase());
      const folder = mkdtempSync(join(tmpdir(), 'holdfast-proxies-'));
      opened.defer(() => {
        rmSync(folder, { recursive: true });
      });
      const file = join(folder, 'key');
      writeFileSync(file, key);
      const env = {
        ...suiteServers(database.url),
        MCP_WORKERS: '1',
        MCP_AUTH: 'required',
        MCP_BOOTSTRAP_TOKEN_FILE: file,
        MCP_PUBLIC_URL: `https://${NAME}`,
        MCP_TRUSTED_PROXIES: '127.0.0.1',
      };
      holdfast = opened.use(startHoldfast({ env }));
      proxy = opened.use(await startProxy(kind, await holdfast.serving));
    });
    after(() => opened.disposeAsync());
    const answering = async (t: TestContext): Promise<Proxy | undefined> => {
      const started = proxy;
      if (started === undefined) {
        t.skip(`this machine has no ${kind.program}: install ${kind.package}`);
        return undefined;
      }
      await t.waitFor(() => statusOf(started, '/'), { timeout: 20_000, interval: 50 });
      return started;
    };

    test('an agent that shows its key is served over TLS', { timeout }, async (t) => {
      const through = await answering(t);
      if (through === undefined) return;
      const url = `wss://127.0.0.1:${through.port}/mcp`;
      await using agent = await Agent.connectTo(url, agentOptions(through, SHOWN));
      const { result } = await agent.call('waits', { ms: 50 });
      assert.equal(result?.content?.[0]?.text, 'waited 50 ms');
    });

    test('a page gets a ticket, and a socket for it', { timeout }, async (t) => {
      const through = await answering(t);
      if (through === undefined) return;
      const ticket = await ticketOf(through);
      const url = `wss://127.0.0.1:${through.port}/mcp?ticket=${ticket}`;
      await using agent = await Agent.connectTo(url, agentOptions(through, {}));
      const { result } = await agent.call('waits', { ms: 0 });
      assert.equal(result?.content?.[0]?.text, 'waited 0 ms');
    });

    test('an answer over HTTP arrives piece by piece, as it is said', { timeout }, async (t) => {
      const through = await answering(t);
      if (through === undefined) return;
      const [progress = '', ...rest] = await piecesOf(through, 'lingers', { ms: 300 });
      assert.match(progress, /notifications\/progress/);
      assert.doesNotMatch(progress, /lingered/);
      assert.match(rest.join(''), /lingered 300 ms/);
    });

    test('an agent that shows none is turned away', { timeout }, async (t) => {
      const through = await answering(t);
      if (through === undefined) return;
      const url = `wss://127.0.0.1:${through.port}/mcp`;
      await assert.rejects(Agent.connectTo(url, agentOptions(through, {})), /401/);
    });

    test('a load balancer may ask whether we are ready, and nobody for more', {
      timeout,
    }, async (t) => {
      const through = await answering(t);
      if (through === undefined) return;
      assert.equal(await statusOf(through, '/readyz'), 200);
      for (const path of ['/', '/metrics', '/supervisor/state', '/mcp/../supervisor/state']) {
        assert.equal(await statusOf(through, path), 404, path);
      }
    });

    test('a socket closes for the agent as we close it', { timeout }, async (t) => {
      const through = await answering(t);
      if (through === undefined) return;
      const url = `wss://127.0.0.1:${through.port}/mcp`;
      const agent = await Agent.connectTo(url, agentOptions(through, SHOWN));
      const closed = new Promise((resolve) => agent.socket.once('close', resolve));
      holdfast.child.kill('SIGTERM');
      assert.equal(await closed, 1001);
    });
  });
}

test('nginx waits for longer than a socket may be silent', () => {
  for (const name of ['proxy_read_timeout', 'proxy_send_timeout']) {
    const [, seconds] = new RegExp(`${name}\\s+(\\d+)s;`).exec(nginx) ?? [];
    assert.ok(Number(seconds) * 1_000 > 2 * Number(VARIABLES.MCP_SOCKET_PING_MS.default), name);
  }
});

test('nginx lets the largest message pass', () => {
  const [, mebibytes] = /client_max_body_size\s+(\d+)m;/.exec(nginx) ?? [];
  const { default: largest } = VARIABLES.MCP_FRAME_BYTES_MAX;
  assert.ok(Number(mebibytes) * 1024 ** 2 >= Number(largest));
});
