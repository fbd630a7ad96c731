/**
 * Which part of the code may know of which: kept by a test, so that no reviewer
 * has to. To add a folder, or an arrow between two, is to change this table.
 */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { test } from 'node:test';

/**
 * A file is of the longest layer that its path begins with. `node` stands for all of Node's
 * modules; packages are named one by one, so that each is imported in one place.
 */
const LAYERS: Readonly<Record<string, readonly string[]>> = {
  'src/index.ts': [
    'src/worker/authoring',
    'src/worker/domain',
    'src/worker/prompts',
    'src/worker/resources',
    'src/worker/tools',
  ],
  'src/shared': ['node', 'envalid', 'prom-client', 'winston'],
  'src/health-check': ['node'],

  'src/supervisor': ['src/shared', 'src/supervisor/*', 'node'],
  // What each room knows of the others; all know the supervisor's own words (events, snapshot, crash).
  'src/supervisor/admin': ['src/shared', 'src/supervisor', 'node'],
  'src/supervisor/fatal': [
    'src/shared',
    'src/supervisor',
    'src/supervisor/host',
    'src/supervisor/outer',
    'node',
  ],
  'src/supervisor/host': ['src/supervisor', 'node'],
  'src/supervisor/incarnation': ['src/shared', 'src/supervisor', 'node'],
  'src/supervisor/outer': ['src/shared', 'node'],
  'src/supervisor/poison': ['src/shared', 'src/supervisor', 'node'],
  'src/supervisor/generations': [
    'src/shared',
    'src/supervisor',
    'src/supervisor/incarnation',
    'node',
  ],
  'src/supervisor/embedded': ['src/shared', 'src/supervisor', 'node', 'js-redis-server'],

  'src/worker/domain': ['src/shared'],
  'src/worker/authoring': ['src/shared', 'src/worker/domain', 'node', '@standard-schema/spec'],
  'src/worker/protocol': ['json-rpc-2.0', 'src/worker/domain'],
  'src/worker/transport': ['src/shared', 'src/worker/domain', 'src/worker/protocol', 'node', 'ws'],
  'src/worker/tools': ['src/shared', 'src/worker/authoring', 'src/worker/domain', 'node', 'ajv'],
  'src/worker/tools/declared': [
    'src/shared',
    'src/worker/domain',
    'src/worker/tools',
    'src/worker/tools/load',
    'node',
    'yaml',
  ],
  'src/worker/tools/isolate': [
    'src/shared',
    'src/worker/domain',
    'src/worker/tools',
    'src/worker/tools/load',
    'node',
    'piscina',
  ],
  // Speaks the same protocol, from the other end.
  'src/worker/tools/mounted': [
    'src/shared',
    'src/worker/domain',
    'src/worker/protocol',
    'src/worker/tools',
    'src/worker/tools/load',
    'node',
  ],
  'src/worker/egress': ['src/shared', 'src/worker/domain', 'node', 'ipaddr.js', 'undici'],
  'src/worker/tools/load': [
    'src/shared',
    'src/worker/authoring',
    'src/worker/tools/declared',
    'src/worker/tools/mounted',
    'src/worker/prompts',
    'src/worker/resources',
    'src/worker/tools',
    'node',
  ],
  'src/worker/resources': ['src/shared', 'src/worker/authoring', 'src/worker/domain'],
  'src/worker/prompts': ['src/shared', 'src/worker/authoring', 'src/worker/domain'],
  'src/worker/methods': [
    'src/shared',
    'src/worker/domain',
    'src/worker/prompts',
    'src/worker/protocol',
    'src/worker/resources',
    'src/worker/tools',
  ],
  'src/worker/auth': ['src/shared', 'src/worker/domain', 'node', 'jose', 'lru-cache'],
  'src/worker/store': [
    'src/shared',
    'src/worker/domain',
    'node',
    'ioredis',
    'node-pg-migrate',
    'p-retry',
    'pg',
    'pg-copy-streams',
    'pg-pool',
    'rate-limiter-flexible',
  ],
  'src/worker/observe': ['src/shared', 'src/worker/domain', 'src/worker/protocol', 'node'],
  'src/worker': ['src/shared', 'src/worker/*', 'src/worker/tools/*', 'node'],

  // Loads what workers are to load, in a process that may fail.
  'src/prover': ['src/shared', 'src/worker', 'src/worker/*', 'src/worker/tools/*', 'node'],

  // What is administered lies in Postgres, and is reached without asking a server. Tools are proved as before they are served.
  'src/cli': [
    'src/shared',
    'src/supervisor/generations',
    'src/worker/auth',
    'src/worker/domain',
    'src/worker/store',
    'node',
    'commander',
  ],

  examples: ['mcp-holdfast', 'node', 'zod'],
};

const sources = new Map(
  globSync(['src/**/*.ts', 'examples/**/*.ts']).map((path) => [path, readFileSync(path, 'utf8')]),
);

function layerOf(path: string): string | undefined {
  return Object.keys(LAYERS)
    .filter((layer) => path === layer || path.startsWith(`${layer}/`))
    .reduce<string | undefined>(
      (best, layer) => (layer.length > (best?.length ?? 0) ? layer : best),
      undefined,
    );
}

/** Every specifier a file imports or re-exports from, types included. */
function specifiersOf(source: string): string[] {
  const pattern =
    /^(?:import|export)\s[^;]*?\bfrom\s+'([^']+)'|^import\s+'([^']+)'|\bimport\(\s*'([^']+)'/gm;
  return [...source.matchAll(pattern)].map(
    ([, from, bare, dynamic]) => from ?? bare ?? dynamic ?? '',
  );
}

/** The package of a specifier: `ajv` of `ajv/dist/2020.js`. */
function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

function trespasses(path: string, source: string): string[] {
  const layer = layerOf(path);
  if (layer === undefined) return [`${path} is in no layer`];
  const allowed = LAYERS[layer] ?? [];
  return specifiersOf(source)
    .filter((specifier) => {
      if (specifier.startsWith('.')) {
        const target = layerOf(posix.join(posix.dirname(path), specifier));
        if (target === undefined) return true;
        return (
          target !== layer &&
          !allowed.includes(target) &&
          !allowed.includes(`${posix.dirname(target)}/*`)
        );
      }
      return !allowed.includes(specifier.startsWith('node:') ? 'node' : packageOf(specifier));
    })
    .map((specifier) => `${path} may not import ${specifier}`);
}

test('no file imports what its layer may not know', () => {
  assert.deepEqual(
    [...sources].flatMap(([path, source]) => trespasses(path, source)),
    [],
  );
});

test('the rule still bites', () => {
  const tries = [
    ['src/supervisor/x.ts', "import type { A } from '../worker/main.ts';"],
    ['src/supervisor/x.ts', "import { Client } from 'pg';"],
    ['src/shared/x.ts', "export { a } from '../worker/protocol/peer.ts';"],
    ['src/worker/x.ts', "import { a } from '../supervisor/slot.ts';"],
    ['src/worker/protocol/x.ts', "import fs from 'node:fs';"],
    ['src/worker/protocol/x.ts', "import { Pool } from 'pg';"],
    ['src/worker/tools/x.ts', "import { pool } from '../store/pool.ts';"],
    ['examples/x/x.ts', "import { Failure } from '../../src/shared/errors.ts';"],
    ['src/cli/x.ts', "import { Supervisor } from '../supervisor/supervisor.ts';"],
    ['src/other/x.ts', ''],
  ] as const;
  for (const [path, source] of tries) assert.equal(trespasses(path, source).length, 1, path);
});
