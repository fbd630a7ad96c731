import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';

import { welcome } from '../../src/supervisor/welcome.ts';

const options = { version: '1.2.3', port: 3000, workers: 2, tookMs: 1_234 };

/** The client configuration, as somebody would paste it. */
function pasted(text: string): unknown {
  return JSON.parse(text.slice(text.indexOf('    {'), text.lastIndexOf('}') + 1));
}

test('says where agents connect, and what to paste', () => {
  const text = stripVTControlCharacters(welcome({ ...options, host: '127.0.0.1' }));
  assert.match(text, /Holdfast 1\.2\.3 serves with 2 workers, after 1\.2 s/);
  assert.match(
    text,
    /ws:\/\/127\.0\.0\.1:3000\/mcp, or over HTTP http:\/\/127\.0\.0\.1:3000\/mcp\n/,
  );
  assert.deepEqual(pasted(text), {
    mcpServers: { holdfast: { type: 'ws', url: 'ws://127.0.0.1:3000/mcp' } },
  });
});

test('names an address that can be connected to', () => {
  for (const [host, shown] of [
    ['0.0.0.0', 'localhost:3000'],
    ['::', 'localhost:3000'],
    ['::1', '[::1]:3000'],
  ] as const) {
    assert.ok(
      stripVTControlCharacters(welcome({ ...options, host })).includes(`ws://${shown}/mcp`),
    );
  }
});
