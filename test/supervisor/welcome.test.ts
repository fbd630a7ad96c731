import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';

import { welcome } from '../../src/supervisor/welcome.ts';

const options = { version: '1.2.3', port: 3000, workers: 2, tookMs: 1_234, watch: false };

/** What somebody would paste into the file of that name. */
function pasted(text: string, file: string): unknown {
  const line = text.split('\n').find((each) => each.includes(file)) ?? '';
  return JSON.parse(line.slice(line.indexOf('{')));
}

test('says where agents connect, and what to paste', () => {
  const text = stripVTControlCharacters(welcome({ ...options, host: '127.0.0.1' }));
  assert.match(text, /Holdfast 1\.2\.3 serves with 2 workers, after 1\.2 s/);
  assert.match(
    text,
    /ws:\/\/127\.0\.0\.1:3000\/mcp, or over HTTP http:\/\/127\.0\.0\.1:3000\/mcp\n/,
  );
  const url = 'http://127.0.0.1:3000/mcp';
  assert.deepEqual(pasted(text, ' .mcp.json'), {
    mcpServers: { holdfast: { type: 'ws', url: 'ws://127.0.0.1:3000/mcp' } },
  });
  assert.deepEqual(pasted(text, '.cursor/mcp.json'), { mcpServers: { holdfast: { url } } });
  assert.deepEqual(pasted(text, '.vscode/mcp.json'), {
    servers: { holdfast: { type: 'http', url } },
  });
  assert.ok(text.includes(`--server-url ${url}\n`));
});

test('says whether a save is served at once', () => {
  const said = [true, false].map((watch) =>
    welcome({ ...options, watch, host: '127.0.0.1' }).includes(
      'A save of a tool is served at once',
    ),
  );
  assert.deepEqual(said, [true, false]);
});
