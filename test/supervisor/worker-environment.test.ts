import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { suite, test } from 'node:test';

import { readConfig } from '../../src/shared/config.ts';
import { environmentOfWorkers } from '../../src/supervisor/worker-environment.ts';

const given = { port: 3_000, compileCache: undefined };
const config = readConfig({ MCP_STATE_DIR: '/state' }, '/project');
const DATABASE_URL = 'postgresql://holdfast@127.0.0.1:1/postgres';
const REDIS_URL = 'redis://127.0.0.1:2/0';

suite('the environment of workers', () => {
  test('has the port that was found, whatever was asked for, and a cache', () => {
    assert.deepEqual(environmentOfWorkers(config, {}, given), {
      MCP_PORT: '3000',
      NODE_COMPILE_CACHE: '/state/compile-cache',
    });
  });

  test('leaves a cache of the operator as it is', () => {
    const found = environmentOfWorkers(config, {}, { ...given, compileCache: '/cache' });
    assert.partialDeepStrictEqual(found, { NODE_COMPILE_CACHE: '/cache' });
  });

  test('has the servers that were brought along, and the tools that come with Postgres', () => {
    const urls = { databaseUrl: DATABASE_URL, redisUrl: REDIS_URL };
    const found = environmentOfWorkers(config, urls, given);
    assert.partialDeepStrictEqual(found, { DATABASE_URL, REDIS_URL });
    assert.ok('MCP_TOOLS' in found && existsSync(String(found.MCP_TOOLS)));
  });

  test('has no tools of ours beside tools of the operator', () => {
    const own = readConfig({ MCP_STATE_DIR: '/state', MCP_TOOLS: '/tools' }, '/project');
    const found = environmentOfWorkers(own, { databaseUrl: DATABASE_URL }, given);
    assert.ok(!('MCP_TOOLS' in found));
    assert.ok(!('MCP_TOOLS' in environmentOfWorkers(config, { redisUrl: REDIS_URL }, given)));
  });
});
