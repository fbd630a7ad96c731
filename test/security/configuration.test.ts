import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';

const PATIENCE_MS = 20_000;
const BIN = join(import.meta.dirname, '../../bin/holdfast.js');
const { PATH = '' } = process.env;

suite('a configuration', () => {
  for (const [what, env, remedy] of [
    [
      'that leaves the door open to other machines',
      { MCP_AUTH: 'none', MCP_HOST: '0.0.0.0' },
      /MCP_AUTH: none is for a loopback address only/,
    ],
    [
      'with a token of operators that is short',
      { MCP_ADMIN_TOKEN: 'admin' },
      /MCP_ADMIN_TOKEN: expected 16 characters or more/,
    ],
    [
      'with tokens for nobody in particular',
      { MCP_JWT_ISSUERS: 'https://login.example' },
      /MCP_JWT_AUDIENCE: is required/,
    ],
    [
      'with an algorithm whose secret others have',
      { MCP_JWT_ALGORITHMS: 'HS256' },
      /MCP_JWT_ALGORITHMS: /,
    ],
    ['with every origin let in', { MCP_ORIGINS: '*' }, /MCP_ORIGINS: /],
    ['with the origin of all that have none let in', { MCP_ORIGINS: 'null' }, /MCP_ORIGINS: /],
  ] as const) {
    test(`${what} is refused at the start with 78, and it is said what to do (S35)`, () => {
      const folder = mkdtempSync(join(tmpdir(), 'holdfast-configuration-'));
      try {
        const { status, stderr } = spawnSync(process.execPath, [BIN, 'start'], {
          env: { PATH, MCP_STATE_DIR: folder, MCP_PORT: '0', MCP_ADMIN_PORT: '0', ...env },
          encoding: 'utf8',
          timeout: PATIENCE_MS,
        });
        assert.equal(status, 78, stderr);
        assert.match(stderr, remedy);
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  }
});
