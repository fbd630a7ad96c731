import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';

import { findAdmin } from '../../src/cli/find-admin.ts';
import { Failure } from '../../src/shared/errors.ts';

suite('where to ask', () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'holdfast-cli-'));
    writeFileSync(join(folder, 'admin.json'), '{"host":"0.0.0.0","port":4711,"pid":1}');
    writeFileSync(join(folder, 'admin-token'), 'kept\n');
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  const find = (env: NodeJS.ProcessEnv, address?: string) => {
    const { url, token } = findAdmin(address, { MCP_STATE_DIR: folder, ...env }, '/');
    return [url.origin, token];
  };

  test('is where a supervisor wrote that it listens, with the token beside it', () => {
    assert.deepEqual(find({}), ['http://127.0.0.1:4711', 'kept']);
  });

  test('is where the variables say, before that', () => {
    const told = { MCP_ADMIN_HOST: '::', MCP_ADMIN_PORT: '9999', MCP_ADMIN_TOKEN: 'given' };
    assert.deepEqual(find(told), ['http://[::1]:9999', 'given']);
    assert.deepEqual(find({ MCP_ADMIN_PORT: '0' }), ['http://127.0.0.1:4711', 'kept']);
    assert.deepEqual(find({ MCP_ADMIN_HOST: '10.1.2.3' }), ['http://10.1.2.3:9090', 'kept']);
  });

  test('is where --url says, before all', () => {
    const env = { MCP_ADMIN_PORT: '9999' };
    assert.deepEqual(find(env, 'http://localhost:1'), ['http://localhost:1', 'kept']);
  });

  test('gets the token in the state folder only if it is this machine, or we were told by it', () => {
    assert.deepEqual(find({}, 'http://elsewhere.example'), ['http://elsewhere.example', undefined]);
    const env = { MCP_ADMIN_TOKEN_FILE: join(folder, 'admin-token') };
    assert.deepEqual(find(env, 'http://elsewhere.example'), ['http://elsewhere.example', 'kept']);
  });

  test('is the default where nothing is known, or what is written makes no sense', () => {
    const env = { MCP_STATE_DIR: join(folder, 'nowhere') };
    assert.deepEqual(find(env), ['http://127.0.0.1:9090', undefined]);
    for (const text of ['', '{', '{"host":1}']) {
      const other = mkdtempSync(join(folder, 'other-'));
      writeFileSync(join(other, 'admin.json'), text);
      assert.deepEqual(find({ MCP_STATE_DIR: other }), ['http://127.0.0.1:9090', undefined]);
    }
  });

  test('is refused where it makes no sense', () => {
    for (const [env, address] of [
      [{ MCP_ADMIN_PORT: 'ninety' }, undefined],
      [{ MCP_ADMIN_PORT: '65536' }, undefined],
      [{ MCP_ADMIN_TOKEN_FILE: '/nowhere/at/all' }, undefined],
      [{}, 'ftp://127.0.0.1'],
      [{}, '127.0.0.1:9090'],
    ] as const) {
      assert.throws(
        () => find(env, address),
        (thrown) => thrown instanceof Failure && thrown.code === 'invalid',
      );
    }
  });
});
