/** What is run here is what the operator's files name: nobody adds to that from outside, and what they name gets nothing of ours. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';

import { METHOD_NAMES } from '../../src/worker/methods/methods.ts';
import { defineTool } from '../../src/worker/tools/tool.ts';
import { mount, program } from '../mounted/mounted.ts';
import {
  begin,
  callOf,
  modernCallOf,
  modernHeaders,
  modernRequest,
  post,
  serveMcp,
} from '../worker/transport/mcp-served.ts';

const CANARY = 'canary-5e1f7c0ffee';

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'not-ours-'));
  t.after(() => {
    rmSync(folder, { recursive: true });
  });
  return folder;
}

/** A program, a file and a text, each of which leaves a mark if it is run. */
function temptations(folder: string) {
  const mark = join(folder, 'mark');
  const code = `import { writeFileSync } from 'node:fs'; writeFileSync(${JSON.stringify(mark)}, '')`;
  const module = join(folder, 'evil.mjs');
  writeFileSync(module, code);
  const server = { command: 'touch', args: [mark], env: { PATH: '/usr/bin:/bin' } };
  const mcpServers = { evil: server };
  writeFileSync(join(folder, 'evil.json'), JSON.stringify({ mcpServers }));
  const url = `file://${module}`;
  return { mark, all: { name: 'evil', ...server, url, path: module, code, mcpServers } };
}

const echo = defineTool({
  name: 'echo',
  description: 'Says what it is told.',
  input: { type: 'object' },
  run: async (given) => JSON.stringify(given),
});

suite('nobody who calls', () => {
  const ASKED = [
    'tools/register',
    'tools/add',
    'tools/install',
    'tools/load',
    'tools/reload',
    'tools/create',
    'servers/add',
    'servers/mount',
    'mcpServers/add',
    'config/set',
    'roots/set',
  ];

  test('has a method that adds a tool, a server or code (S46)', async (t) => {
    const { mark, all } = temptations(folderOf(t));
    await using served = await serveMcp({ tools: [echo] });
    const session = await begin(served.url);
    for (const method of ASKED) {
      const params = { ...all, tool: all, server: all };
      const legacy = await post(served.url, { jsonrpc: '2.0', id: 7, method, params }, session);
      const modern = await post(
        served.url,
        modernRequest(method, params),
        modernHeaders(method, 'evil'),
      );
      for (const answer of [legacy, modern]) {
        const { error } = Object(await answer.json());
        assert.equal(error?.code, -32601, method);
      }
      const told = { jsonrpc: '2.0', method: `notifications/${method}`, params };
      assert.equal((await post(served.url, told, session)).status, 202);
    }
    const mutating = /register|install|mount|add|create|load|delete|remove|update|config/;
    assert.deepEqual(
      METHOD_NAMES.filter((name) => mutating.test(name)),
      [],
    );
    assert.ok(!existsSync(mark));
    assert.deepEqual(await toolsOf(served.url, session), ['echo']);
  });

  test('adds one beside what is asked for, or as what a tool is given (S46)', async (t) => {
    const { mark, all } = temptations(folderOf(t));
    await using served = await serveMcp({ tools: [echo] });
    const params = {
      protocolVersion: '2025-11-25',
      clientInfo: { ...all, name: 'test', version: '1' },
      capabilities: { tools: all, experimental: all, mcpServers: all.mcpServers },
      ...all,
    };
    await post(served.url, { jsonrpc: '2.0', id: 0, method: 'initialize', params });
    const session = await begin(served.url);
    const given = { arguments: all, ...all, name: 'echo' };
    const legacy = { ...callOf('echo'), params: given };
    const modern = modernCallOf('echo', given, all);
    const answers = [
      await post(served.url, legacy, session),
      await post(served.url, modern, modernHeaders('tools/call', 'echo')),
    ];
    for (const answer of answers) {
      const { result } = Object(await answer.json());
      assert.deepEqual(JSON.parse(Object(result).content[0].text), all);
    }
    assert.ok(!existsSync(mark));
    assert.deepEqual(await toolsOf(served.url, session), ['echo']);
  });

  test('finds an address that takes one (S46)', async (t) => {
    const { mark, all } = temptations(folderOf(t));
    await using served = await serveMcp({ tools: [echo] });
    const session = await begin(served.url);
    const body = JSON.stringify({ mcpServers: all.mcpServers });
    for (const path of ['tools', 'servers', 'mcpServers', 'mcp/tools', 'mcp/servers', 'config']) {
      for (const method of ['POST', 'PUT', 'PATCH']) {
        const url = new URL(`/${path}`, served.url);
        const { status } = await fetch(url, { method, body, headers: session });
        assert.ok(status === 404 || status === 405, `${method} /${path}: ${status}`);
      }
    }
    for (const method of ['PUT', 'PATCH']) {
      const { status } = await fetch(served.url, { method, body, headers: session });
      assert.equal(status, 405);
    }
    assert.ok(!existsSync(mark));
    assert.deepEqual(await toolsOf(served.url, session), ['echo']);
  });
});

suite('a program that is mounted', () => {
  const environment = {
    ...process.env,
    DATABASE_URL: `postgres://a:${CANARY}@db/x`,
    REDIS_URL: `redis://:${CANARY}@cache`,
    MCP_ADMIN_TOKEN: CANARY,
    NODE_OPTIONS: `--title=${CANARY}`,
    LD_PRELOAD: '',
  };

  test('finds nothing of our environment in its own', async () => {
    const server = { ...program('stdio-server.ts'), env: { MINE: 'mine' } };
    await using mounted = await mount(server, { environment });
    const [piece] = (await mounted.call('it_environment')).content;
    const text = piece?.type === 'text' ? piece.text : '';
    assert.doesNotMatch(text, new RegExp(CANARY));
    const allowed = new Set(['PATH', 'HOME', 'LANG', 'TMPDIR', 'MINE']);
    // Node's coverage puts itself into whatever is spawned.
    const names = Object.keys(JSON.parse(text)).filter((name) => name !== 'NODE_V8_COVERAGE');
    assert.deepEqual(
      names.filter((name) => !allowed.has(name)),
      [],
    );
  });

  test('is given its arguments as they are written, and no shell reads them (S51)', async (t) => {
    const folder = folderOf(t);
    const mark = join(folder, 'mark');
    const args = [
      `; touch ${mark}`,
      `$(touch ${mark})`,
      `\`touch ${mark}\``,
      `| touch ${mark}`,
      `&& touch ${mark} #`,
      `' "\\`,
      '--upload-pack=touch',
      '../../etc/passwd',
      '*',
      '$HOME',
      'a\nb',
      '',
    ];
    await using mounted = await mount(program('stdio-server.ts', ...args));
    const [piece] = (await mounted.call('it_arguments')).content;
    assert.deepEqual(JSON.parse(piece?.type === 'text' ? piece.text : ''), args);
    for (const said of [...args, 'a\0b', "' or 1=1 --"]) {
      const { content } = await mounted.call('it_echo', { said });
      assert.deepEqual(content, [{ type: 'text', text: said }]);
    }
    assert.ok(!existsSync(mark));
  });

  test('leaves what it was given to show in no log, error or result', async () => {
    const env = { API_TOKEN: `\${MCP_ADMIN_TOKEN}`, PLAIN: CANARY };
    const lines: string[] = [];
    for (const behaviour of ['prints-secrets', 'dies-with-last-words']) {
      await using mounted = await mount(
        { ...program('hostile.ts', behaviour), env },
        { environment },
      );
      const outcome = await mounted.call('it_does').catch((error: unknown) => error);
      lines.push(JSON.stringify(outcome), String(Object(outcome).stack));
      await mounted[Symbol.asyncDispose]();
      lines.push(mounted.logged());
    }
    assert.match(lines.join('\n'), /\[redacted\]/);
    assert.doesNotMatch(lines.join('\n'), new RegExp(CANARY));
  });
});

async function toolsOf(
  url: string,
  session: Readonly<Record<string, string>>,
): Promise<readonly unknown[]> {
  const asked = { jsonrpc: '2.0', id: 99, method: 'tools/list', params: {} };
  const { result } = Object(await (await post(url, asked, session)).json());
  return Object(result).tools.map((tool: object) => Object(tool).name);
}
