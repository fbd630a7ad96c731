import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';

import { type Config, readConfig as readConfigFrom } from '../../src/shared/config.ts';
import { Failure } from '../../src/shared/errors.ts';
import { isLoopback } from '../../src/shared/loopback.ts';
import { SUPERVISOR_VARIABLES } from '../../src/shared/supervisor-variables.ts';
import { VARIABLES } from '../../src/shared/variables.ts';

/** Somebody with a home, who has set this and nothing else. */
function readConfig(env: NodeJS.ProcessEnv, workingFolder: string): Config {
  return readConfigFrom({ HOME: '/home/ann', ...env }, workingFolder);
}

const production = {
  MCP_ENV: 'production',
  MCP_HOST: '127.0.0.1',
  MCP_AUTH: 'none',
  MCP_TOOLS: '/tools',
  DATABASE_URL: 'postgresql://mcp:secret@db:5432/mcp',
  REDIS_URL: 'redis://:secret@cache:6379/0',
};

function faultsOf(env: NodeJS.ProcessEnv): string {
  try {
    readConfig(env, '/project');
  } catch (error) {
    assert.ok(error instanceof Failure);
    assert.equal(error.code, 'invalid');
    return error.message;
  }
  return '';
}

suite('configuration', () => {
  test('needs nothing in development, and stays on loopback', () => {
    const config = readConfig({}, '/project');
    assert.equal(config.env, 'development');
    assert.equal(config.host, '127.0.0.1');
    assert.equal(config.port, 3000);
    assert.equal(config.databaseUrl, undefined);
  });

  test('names all that is wrong, at once', () => {
    const faults = faultsOf({
      MCP_PORT: 'high',
      MCP_WORKERS: '0',
      MCP_DRAIN_MS: '-1',
      REDIS_URL: 'x',
    });
    for (const name of ['MCP_PORT', 'MCP_WORKERS', 'MCP_DRAIN_MS', 'REDIS_URL']) {
      assert.match(faults, new RegExp(`${name}: expected`));
    }
  });

  test('never repeats a value that is wrong: it may be a secret', () => {
    assert.doesNotMatch(faultsOf({ DATABASE_URL: 'mysql://root:hunter2@db' }), /hunter2/);
  });

  test('production demands what development brings along', () => {
    const faults = faultsOf({ MCP_ENV: 'production' });
    for (const name of ['DATABASE_URL', 'REDIS_URL', 'MCP_TOOLS']) {
      assert.match(faults, new RegExp(`${name}: `));
    }
    assert.equal(readConfig({ ...production, MCP_AUTH: '' }, '/project').identity.required, true);
    assert.equal(faultsOf(production), '');
  });

  test('nobody is let in unauthenticated from another machine', () => {
    assert.match(
      faultsOf({ ...production, MCP_HOST: '0.0.0.0' }),
      /MCP_AUTH: none is for a loopback/,
    );
    assert.equal(readConfig({ MCP_HOST: '0.0.0.0' }, '/project').identity.required, true);
    assert.equal(readConfig({}, '/project').identity.required, false);
    assert.equal(readConfig({ MCP_AUTH: 'required' }, '/project').identity.required, true);
  });

  test('tokens of issuers are taken if it is clear whom they are issued for', () => {
    const issuer = { MCP_JWT_ISSUERS: 'https://login.example' };
    assert.match(faultsOf(issuer), /MCP_JWT_AUDIENCE: is required/);
    const audiencesOf = (env: NodeJS.ProcessEnv) =>
      readConfig({ ...issuer, ...env }, '/project').identity.jwt?.audiences;
    assert.deepEqual(audiencesOf({ MCP_JWT_AUDIENCE: 'ours' }), ['ours']);
    const publicUrl = { MCP_PUBLIC_URL: 'https://mcp.example/' };
    assert.deepEqual(audiencesOf(publicUrl), ['https://mcp.example/mcp']);
    assert.equal(readConfig(publicUrl, '/project').identity.jwt, undefined);
  });

  test('keys of issuers come over TLS, or from this machine', () => {
    const audience = { MCP_JWT_AUDIENCE: 'ours' };
    assert.equal(faultsOf({ ...audience, MCP_JWT_ISSUERS: 'http://127.0.0.1:8080/realm' }), '');
    for (const issuer of ['http://login.example', 'https://x/?a', 'https://x/#a', 'ftp://x', 'x']) {
      assert.match(faultsOf({ ...audience, MCP_JWT_ISSUERS: issuer }), /MCP_JWT_ISSUERS: /, issuer);
    }
  });

  test('a network is an address with a length of its prefix', () => {
    const { identity } = readConfig({ MCP_TRUSTED_PROXIES: '10.0.0.0/8, ::1' }, '/project');
    assert.deepEqual(identity.trustedProxies, ['10.0.0.0/8', '::1']);
    for (const wrong of ['10.0.0.0/33', '10.0.0.0/8/8', 'proxy.example', '10.0.0/8', '::/129']) {
      assert.match(faultsOf({ MCP_TRUSTED_PROXIES: wrong }), /MCP_TRUSTED_PROXIES: /, wrong);
    }
  });

  test('what tools may ask is a name, an address or a network, and nothing that is only like one', () => {
    const given = 'localhost,db_1.internal,10.0.0.0/8,127.0.0.1,[::1],fd00::/8';
    const { tooling } = readConfig({ MCP_FETCH_PRIVATE: given }, '/project');
    assert.deepEqual(tooling.fetchPrivate, given.split(','));
    for (const wrong of [
      '127.1',
      '0x7f000001',
      '2130706433',
      '10.0.0.256',
      '10.0.0.0/33',
      '*.internal',
      'http://localhost',
      'localhost:8080',
      'ann@localhost',
      '[::1',
      '[localhost]',
      'bücher.example',
    ]) {
      assert.match(faultsOf({ MCP_FETCH_PRIVATE: wrong }), /MCP_FETCH_PRIVATE: expected/, wrong);
    }
  });

  test('a secret may come from a file', () => {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-config-'));
    try {
      const path = join(folder, 'url');
      writeFileSync(path, 'postgresql://mcp:secret@db/mcp\n');
      assert.equal(
        readConfig({ DATABASE_URL_FILE: path }, '/project').databaseUrl,
        'postgresql://mcp:secret@db/mcp',
      );
      assert.match(
        faultsOf({ ...production, DATABASE_URL_FILE: path }),
        /is set, and DATABASE_URL_FILE too/,
      );
      assert.match(faultsOf({ REDIS_URL_FILE: join(folder, 'none') }), /cannot be read \(ENOENT\)/);
      writeFileSync(path, 'a token of operators\n');
      const { admin } = readConfig({ MCP_ADMIN_TOKEN_FILE: path }, '/project');
      assert.equal(admin.token, 'a token of operators');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('each project has a state folder of its own, production one for all', () => {
    const [one, other] = ['/one', '/other'].map((folder) => readConfig({}, folder).stateFolder);
    assert.notEqual(one, other);
    assert.equal(readConfig({ ...production, STATE_DIRECTORY: '/s' }, '/one').stateFolder, '/s');
    assert.equal(readConfig({ MCP_STATE_DIR: '/mine' }, '/one').stateFolder, '/mine');
  });

  test('the log level may be written in any case', () => {
    assert.equal(readConfig({ MCP_LOG_LEVEL: 'WARN' }, '/project').log.level, 'warn');
  });

  test('a list is split at its commas', () => {
    assert.deepEqual(readConfig({ MCP_TOOLS: 'a, b,,c' }, '/project').tools, ['a', 'b', 'c']);
  });

  test('what is loopback is known by address', () => {
    assert.deepEqual(
      ['127.0.0.1', '127.1.2.3', '::1', 'localhost', '0.0.0.0', '10.0.0.1', '::'].map(isLoopback),
      [true, true, true, true, false, false, false],
    );
  });
});

suite('every variable', () => {
  const wrong: Readonly<Record<string, string>> = {
    MCP_ENV: 'prod',
    MCP_HOST: 'not_a host',
    MCP_HOSTS: 'https://mcp.example',
    MCP_ADMIN_HOST: 'not_a host',
    MCP_AUTH: 'yes',
    MCP_LOG_LEVEL: 'loud',
    MCP_ORIGINS: 'https://app.example/',
    MCP_PUBLIC_URL: 'https://mcp.example/path',
    MCP_JWT_ISSUERS: 'http://login.example',
    MCP_JWT_ALGORITHMS: 'HS256',
    MCP_TRUSTED_PROXIES: 'proxy',
    MCP_FETCH_PRIVATE: '127.1',
    DATABASE_URL: 'mysql://db',
    REDIS_URL: 'http://cache',
  };
  const FREE = new Set([
    'MCP_LOG_FILE',
    'MCP_TOOLS',
    'MCP_STATE_DIR',
    'MCP_TERMINATION_LOG',
    'MCP_BOOTSTRAP_TOKEN_FILE',
    'MCP_JWT_AUDIENCE',
    'MCP_JWT_SCOPES',
  ]);

  for (const name of Object.keys(VARIABLES).filter((each) => !FREE.has(each))) {
    test(`${name} is refused by name when it is wrong`, () => {
      assert.match(faultsOf({ [name]: wrong[name] ?? 'many' }), new RegExp(`${name}: `));
    });
  }

  test('that says where state is kept is required of who has no home', () => {
    const homeless = { ...production, HOME: '' };
    if (process.getuid?.() === 0) assert.equal(faultsOf(homeless), '');
    else assert.match(faultsOf(homeless), /MCP_STATE_DIR: is required/);
  });

  test('that is empty is not set', () => {
    const config = readConfig({ MCP_STATE_DIR: '', MCP_PORT: '', DATABASE_URL: '' }, '/project');
    assert.equal(config.port, 3000);
    assert.equal(config.databaseUrl, undefined);
  });

  test('that is a path is one of the working folder', () => {
    const config = readConfig({ MCP_STATE_DIR: './state', MCP_LOG_FILE: 'log' }, '/project');
    assert.deepEqual([config.stateFolder, config.log.file], ['/project/state', '/project/log']);
  });

  test('of the supervisor has a default that suits production', () => {
    const { supervision, admin, breadcrumbs, hangStack } = readConfig({}, '/project');
    const { backoffMs, backoffMaxMs, suspectMs, silenceMs, bootMs, zeroCapacityMs } = supervision;
    assert.deepEqual(
      [backoffMs, backoffMaxMs, suspectMs, silenceMs, bootMs, zeroCapacityMs],
      [500, 30_000, 5_000, 15_000, 30_000, 120_000],
    );
    assert.deepEqual(admin, { host: '127.0.0.1', port: 9_090, token: undefined });
    assert.deepEqual([breadcrumbs, hangStack], ['after-crash', true]);
  });

  test('of the supervisor is read', () => {
    const set = Object.keys(SUPERVISOR_VARIABLES).map((name, index) => [name, `${1_000 + index}`]);
    const { supervision, log } = readConfig(Object.fromEntries(set), '/project');
    const read = [...Object.values(supervision), log.fileCheckMs].map(Number);
    assert.deepEqual(
      read.toSorted((a, b) => a - b),
      set.map(([, value]) => Number(value)),
    );
  });

  test('with what runs is given longer to finish in production', () => {
    assert.equal(readConfig({}, '/project').drainMs, 5_000);
    assert.equal(readConfig(production, '/project').drainMs, 25_000);
  });
});
