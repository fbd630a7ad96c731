/** compose.yaml, without an engine: that it is true to this version, and as safe as it says. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';

import { readConfig } from '../../src/shared/config.ts';

const ROOT = join(import.meta.dirname, '../..');
const text = readFileSync(join(ROOT, 'compose.yaml'), 'utf8').replaceAll(/^\s*#.*\n/gm, '');
const hasCompose = spawnSync('docker', ['compose', 'version']).status === 0;

/** What stands under a key that has so many spaces before it, up to the next of its kind. */
function blockOf(key: string, indent: number): string {
  const next = `\n {0,${indent}}\\S|$(?![\\s\\S])`;
  const [, block] =
    new RegExp(`^ {${indent}}${key}:\\n([\\s\\S]*?)(?=${next})`, 'm').exec(text) ?? [];
  assert.ok(block, `compose.yaml has no ${key}`);
  return `${block}\n`;
}

/** `key: value`, line by line. */
function fieldsOf(block: string): Record<string, string> {
  return Object.fromEntries(
    [...block.matchAll(/^ *([\w.-]+): (.+)$/gm)].map(([, name, value]) => [name, value]),
  ) as Record<string, string>;
}

suite('compose.yaml', () => {
  test('is what docker compose understands', {
    skip: hasCompose ? false : 'docker compose is not installed',
  }, () => {
    const { status, stderr } = spawnSync('docker', ['compose', 'config', '--quiet'], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    assert.equal(status, 0, stderr);
  });

  test('configures a production that this version can serve', () => {
    const given = fieldsOf(blockOf('environment', 4));
    const { DATABASE_URL_FILE, REDIS_URL_FILE, MCP_TOOLS = '', ...rest } = given;
    assert.deepEqual(
      [DATABASE_URL_FILE, REDIS_URL_FILE],
      ['/run/secrets/database-url', '/run/secrets/redis-url'],
    );
    const [, tools = ''] = /^\/opt\/holdfast\/(.+)$/.exec(MCP_TOOLS) ?? [];
    assert.ok(existsSync(join(ROOT, tools, 'setup.ts')), MCP_TOOLS);
    const config = readConfig(
      {
        ...rest,
        MCP_TOOLS,
        MCP_ENV: 'production',
        MCP_STATE_DIR: '/var/lib/holdfast',
        DATABASE_URL: 'postgresql://127.0.0.1:5432/holdfast',
        REDIS_URL: 'redis://127.0.0.1:6379/0',
      },
      '/opt/holdfast',
    );
    assert.equal(config.host, '127.0.0.1');
    assert.equal(config.identity.required, true);
    // It is made in a volume: nothing else can be written, and a container that is made anew finds it.
    assert.equal(config.identity.bootstrapTokenFile, '/var/lib/holdfast/first-key');
    assert.match(text, /^ {4}network_mode: host$/m);
    const { stop_grace_period: grace } = fieldsOf(blockOf('holdfast', 2));
    assert.ok(Number.parseInt(grace ?? '', 10) * 1_000 > config.drainMs + 5_000);
  });

  test('gives Holdfast no more than it needs', () => {
    const fields = fieldsOf(blockOf('holdfast', 2));
    const { read_only, restart, volumes, cap_drop, tmpfs } = fields;
    assert.deepEqual(
      { read_only, restart, volumes, cap_drop, tmpfs },
      {
        read_only: 'true',
        restart: 'on-failure:5',
        volumes: '["state:/var/lib/holdfast"]',
        cap_drop: '[ALL]',
        tmpfs: '/tmp',
      },
    );
  });

  test('opens ports on loopback alone, and knows every secret and volume that it names', () => {
    const ports = [...text.matchAll(/^ +ports: \["(.+)"\]$/gm)].map(([, port]) => port);
    assert.deepEqual(ports, ['127.0.0.1:5432:5432', '127.0.0.1:6379:6379']);
    const named = [...text.matchAll(/^ +secrets: \[(.+)\]$/gm)].flatMap(([, list]) =>
      (list ?? '').split(', '),
    );
    assert.deepEqual(named.toSorted(), Object.keys(fieldsOf(blockOf('secrets', 0))).toSorted());
    const volumes = [...text.matchAll(/^ +volumes: \["(\w+):/gm)].map(([, name]) => `  ${name}:\n`);
    assert.equal(volumes.toSorted().join(''), ['  postgres:\n', '  state:\n'].join(''));
    assert.ok(volumes.every((line) => blockOf('volumes', 0).includes(line)));
  });

  test('asks after our health as the image does', () => {
    const command = '"node", "/opt/holdfast/src/health-check/main.ts"]';
    assert.ok(text.includes(`test: ["CMD", ${command}`));
    assert.ok(readFileSync(join(ROOT, 'Dockerfile'), 'utf8').includes(`CMD [${command}`));
  });
});
