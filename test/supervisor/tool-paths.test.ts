import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { suite, test } from 'node:test';

import { readConfig } from '../../src/shared/config.ts';
import { toolPathsOf } from '../../src/supervisor/tool-paths.ts';

const config = readConfig({ MCP_STATE_DIR: '/state' }, '/project');
const databaseUrl = 'postgresql://holdfast@127.0.0.1:1/postgres';

suite('where tools are', () => {
  test('is in the example that comes with the Postgres that was brought along', () => {
    const [path = '', ...more] = toolPathsOf(config, { databaseUrl });
    assert.ok(existsSync(path));
    assert.deepEqual(more, []);
  });

  test('is where the operator says, and nowhere else', () => {
    const own = readConfig({ MCP_STATE_DIR: '/state', MCP_TOOLS: '/tools' }, '/project');
    assert.deepEqual(toolPathsOf(own, { databaseUrl }), ['/tools']);
  });

  test('is nowhere with a Postgres of the operator, and no word of tools', () => {
    assert.deepEqual(toolPathsOf(config, {}), []);
  });
});
