import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { readConfig } from '../../src/shared/config.ts';
import { environmentOfWorkers } from '../../src/supervisor/worker-environment.ts';

const given = { port: 3_000, compileCache: undefined, threads: undefined };
const config = readConfig({ MCP_STATE_DIR: '/state' }, '/project');
const DATABASE_URL = 'postgresql://holdfast@127.0.0.1:1/postgres';
const REDIS_URL = 'redis://127.0.0.1:2/0';

suite('the environment of workers', () => {
  test('has the port that was found, whatever was asked for, and a cache', () => {
    assert.deepEqual(environmentOfWorkers(config, {}, given), {
      MCP_PORT: '3000',
      NODE_COMPILE_CACHE: '/state/compile-cache',
      UV_THREADPOOL_SIZE: '8',
    });
  });

  test('leaves what the operator says as it is', () => {
    const said = { ...given, compileCache: '/cache', threads: '16' };
    const found = environmentOfWorkers(config, {}, said);
    assert.partialDeepStrictEqual(found, {
      NODE_COMPILE_CACHE: '/cache',
      UV_THREADPOOL_SIZE: '16',
    });
  });

  test('has the servers that were brought along', () => {
    const urls = { databaseUrl: DATABASE_URL, redisUrl: REDIS_URL };
    const found = environmentOfWorkers(config, urls, given);
    assert.partialDeepStrictEqual(found, { DATABASE_URL, REDIS_URL });
  });
});
