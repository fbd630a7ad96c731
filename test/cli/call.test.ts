import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';

import { z } from 'zod';

import { callTool } from '../../src/cli/call.ts';
import { defineTool } from '../../src/worker/tools/tool.ts';
import { ToolError } from '../../src/worker/tools/tool-error.ts';
import { findFreePort } from '../worker/store/free-port.ts';
import { serveMcp } from '../worker/transport/mcp-served.ts';
import { openTerminal } from './terminal.ts';

const greet = defineTool({
  name: 'greet',
  description: 'Greets.',
  input: z.object({ name: z.string() }),
  run: async ({ name }, { progress }) => {
    if (name === '') throw new ToolError('Nobody has no name');
    await progress(1, 2, 'half');
    return { greeting: `Hello, ${name}!` };
  },
});

suite('holdfast tools call', () => {
  test('calls as an agent would, and prints what it answers, with progress beside it', async () => {
    await using served = await serveMcp({ tools: [greet] });
    const terminal = openTerminal();
    const given = '{"name":"Ann"}';
    assert.equal(await callTool('greet', given, { url: served.url }, terminal), 0);
    assert.equal(terminal.printed(), '{"greeting":"Hello, Ann!"}\n');
    assert.partialDeepStrictEqual(JSON.parse(terminal.complained()), { progress: 1, total: 2 });
    assert.equal(await callTool('greet', given, { url: served.url, json: true }, terminal), 0);
    assert.deepEqual(JSON.parse(terminal.printed()).structuredContent, { greeting: 'Hello, Ann!' });
  });

  test('ends with 5 where the tool fails, or there is none', async () => {
    await using served = await serveMcp({ tools: [greet] });
    const terminal = openTerminal();
    assert.equal(await callTool('greet', '{"name":""}', { url: served.url }, terminal), 5);
    assert.equal(terminal.printed(), 'Nobody has no name\n');
    assert.equal(await callTool('nobody', '{}', { url: served.url }, terminal), 5);
    assert.equal(terminal.complained(), 'holdfast: There is no tool of this name.\n');
  });

  test('says what is wrong with what was typed (1), and that nobody answers (4)', async () => {
    const terminal = openTerminal({ env: { MCP_PORT: String(await findFreePort()) } });
    for (const [given, options] of [
      ['{', {}],
      ['[]', {}],
      ['{}', { url: 'nowhere' }],
      ['{}', { tokenFile: '/nowhere' }],
    ] as const) {
      assert.equal(await callTool('greet', given, options, terminal), 1, given);
      assert.match(terminal.complained(), /^holdfast: /);
    }
    assert.equal(await callTool('greet', '{}', {}, terminal), 4);
    assert.match(terminal.complained(), /^holdfast: Nobody answers at .* \(ECONNREFUSED\)/);
  });

  test('shows a key of the environment or a file, and says what to do where it is turned down (3)', async () => {
    const shown: unknown[] = [];
    const server = createServer(({ headers }, response) => {
      shown.push(headers.authorization);
      response.writeHead(401).end();
    }).listen(0, '127.0.0.1');
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-call-'));
    try {
      await new Promise((resolve) => server.once('listening', resolve));
      const address = server.address();
      assert.ok(typeof address === 'object' && address !== null);
      const url = `http://127.0.0.1:${address.port}/mcp`;
      const tokenFile = join(folder, 'key');
      writeFileSync(tokenFile, 'of the file\n');
      const terminal = openTerminal({ env: { MCP_TOKEN: 'of the environment' } });
      assert.equal(await callTool('greet', '{}', { url }, terminal), 3);
      assert.equal(await callTool('greet', '{}', { url, tokenFile }, terminal), 3);
      assert.deepEqual(shown, ['Bearer of the environment', 'Bearer of the file']);
      assert.match(terminal.complained(), /Show a key: set MCP_TOKEN/);
    } finally {
      server.closeAllConnections();
      server.close();
      rmSync(folder, { recursive: true });
    }
  });
});
