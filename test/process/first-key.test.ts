/** How a new user comes in, as README.md says it. */
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { promisify } from 'node:util';

import { Agent } from '../agent.ts';
import { createDatabase } from '../postgres.ts';
import { INHERITED } from '../support/inherited.ts';
import { startHoldfast, suiteServers } from './holdfast.ts';

const ROOT = join(import.meta.dirname, '../..');
const timeout = 180_000;

/** What README.md says to type, and the headers that it says to put into `.mcp.json`. */
function readmeOf(port: number): { readonly typed: string; readonly shown: string } {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  const [, fence = ''] = /```sh\n(KEY=[^]*?)```/.exec(readme) ?? [];
  const typed = fence
    .replaceAll('npx holdfast', `"${process.execPath}" "${join(ROOT, 'bin/holdfast.js')}"`)
    .replaceAll('127.0.0.1:3000', `127.0.0.1:${port}`);
  const [, shown = ''] = /"headers": \{ "Authorization": "([^"]+)" \}/.exec(readme) ?? [];
  return { typed, shown };
}

suite('README.md', () => {
  test('says how to make the first key, and to come in with it', { timeout }, async (t) => {
    if (spawnSync('curl', ['--version']).status !== 0) {
      t.skip('there is no curl');
      return;
    }
    await using database = await createDatabase();
    const servers = suiteServers(database.url);
    const env = { ...servers, MCP_AUTH: 'required', MCP_WORKERS: '1' };
    await using holdfast = startHoldfast({ env });
    const port = await holdfast.serving;
    const url = `ws://127.0.0.1:${port}/mcp`;
    await assert.rejects(Agent.connectTo(url), /401/);

    const { typed, shown } = readmeOf(port);
    const script = `${typed}\necho; echo "$KEY"`;
    const { stdout } = await promisify(execFile)('sh', ['-ec', script], {
      env: { ...INHERITED, ...servers },
      timeout,
    });
    const [answer = '', key = ''] = stdout.split('\n');
    assert.equal(JSON.parse(answer).result.serverInfo.name, 'holdfast');

    const headers = { authorization: shown.replaceAll('${KEY}', key) };
    await using agent = await Agent.connectTo(url, { headers });
    assert.equal((await agent.call('waits', { ms: 0 })).error, undefined);
    assert.ok(!holdfast.output().includes(key));
  });
});
