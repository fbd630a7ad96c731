/** Secrets of every kind, and every place that they could come to: they are in none. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';

import { Client } from 'pg';

import { breadcrumbFolders } from '../../src/supervisor/poison/breadcrumb-folder.ts';
import { makeApiKey } from '../../src/worker/auth/api-key.ts';
import { createDatabase } from '../postgres.ts';
import { startHoldfast } from '../process/holdfast.ts';
import { AuthorizationServer } from '../support/authorization-server.ts';
import { StoppableRedis } from '../support/stoppable-redis.ts';
import { findLeaks, formsOf, type Place } from './canaries.ts';
import {
  call,
  canariesOf,
  command,
  login,
  loseWorkers,
  type Secrets,
  withPassword,
} from './canary-exercises.ts';
import {
  readAdmin,
  readCommandLines,
  readFolders,
  readPostgres,
  readRedis,
} from './canary-places.ts';
import { CanaryRun } from './canary-run.ts';

const AUDIENCE = 'https://mcp.example/mcp';
/** They hold secrets, and are there for it. */
const SPARED = ['admin-token', 'embedded.json', 'first-key'];

const made = (what: string): string => `${what}-${randomBytes(12).toString('hex')}`;

/** A role of its own, whose password is in no other place than its URL. */
async function createRole(database: string, password: string) {
  const admin = new Client({ connectionString: database });
  await admin.connect();
  const name = `canary_${randomBytes(6).toString('hex')}`;
  const base = new URL(database).pathname.slice(1);
  await admin.query(`create role ${name} login password ${admin.escapeLiteral(password)}`);
  await admin.query(`alter database ${base} owner to ${name}`);
  await admin.end();
  const url = new URL(database);
  url.username = name;
  url.password = encodeURIComponent(password);
  return url.href;
}

async function dropRole(url: string): Promise<void> {
  const admin = new Client({ connectionString: process.env.TEST_DATABASE_URL ?? '' });
  await admin.connect();
  await admin.query(`drop role if exists ${new URL(url).username}`);
  await admin.end();
}

suite('secrets', () => {
  test('are in no log, metric, report, answer, table, file or process list (S33)', {
    timeout: 120_000,
  }, async (t) => {
    await using opened = new AsyncDisposableStack();
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-canary-'));
    opened.defer(() => {
      rmSync(folder, { recursive: true, force: true });
    });
    const [stateFolder, logs] = [join(folder, 'state'), join(folder, 'logs')];
    for (const each of [stateFolder, logs]) mkdirSync(each, { mode: 0o700 });
    const empty = await createDatabase();
    const databaseUrl = await createRole(empty.url, made('p@ss/w:rd'));
    opened.defer(() => dropRole(databaseUrl));
    opened.use(empty);
    const redis = opened.use(await StoppableRedis.start());
    const issuer = opened.use(await AuthorizationServer.open({ audience: AUDIENCE }));
    const secrets: Secrets = {
      databaseUrl,
      redisUrl: redis.url,
      adminToken: made('operators'),
      firstKey: makeApiKey().text,
      jwt: issuer.issue({ scope: 'all' }),
      wrongKey: makeApiKey().text,
      wrongJwt: issuer.forge('HS256', 'secret'),
      argument: made('argument'),
    };
    const keyFile = join(folder, 'first-key');
    writeFileSync(keyFile, secrets.firstKey, { mode: 0o600 });
    const env = {
      DATABASE_URL: databaseUrl,
      REDIS_URL: redis.url,
      MCP_ADMIN_TOKEN: secrets.adminToken,
      MCP_AUTH: 'required',
      MCP_BOOTSTRAP_TOKEN_FILE: keyFile,
      MCP_SUBPROTOCOL_AUTH: 'true',
      MCP_JWT_ISSUERS: issuer.issuer,
      MCP_JWT_AUDIENCE: AUDIENCE,
      MCP_FAILED_LOGINS_PER_MIN: '10000',
      MCP_WORKERS: '2',
      MCP_TOOLS: join(import.meta.dirname, 'leaky'),
      MCP_BREADCRUMBS: 'always',
      MCP_LOG_LEVEL: 'debug',
      MCP_LOG_FILE: join(logs, 'holdfast.log'),
      MCP_SUPERVISOR_BACKOFF_MS: '100',
    };

    const places: Place[] = [];
    const holdfast = opened.use(startHoldfast({ env, stateFolder }));
    const run = new CanaryRun(await holdfast.serving);
    const ticket = await login(run, secrets);
    await call(run, secrets);
    await loseWorkers(run, secrets, t);
    const createdKey = await command(run, secrets, stateFolder);
    await t.waitFor(
      async () => {
        const shown = await readAdmin(stateFolder, secrets.adminToken);
        assert.ok(shown.some(({ text }) => text.includes('tool_name="who_serves"')));
        places.push(...shown);
      },
      { interval: 200, timeout: 15_000 },
    );
    places.push(await readRedis(redis.url), readCommandLines());
    // Traces of calls are where they cost the least, and go when it stops.
    const lingering = run.call(secrets.firstKey, 'lingers', { secret: secrets.argument });
    await t.waitFor(
      () => {
        const traces = readFolders(breadcrumbFolders(stateFolder).filter(existsSync), SPARED);
        assert.ok(traces.some(({ text }) => text.includes('lingers')));
        places.push(...traces);
      },
      { interval: 50, timeout: 10_000 },
    );
    assert.match(await lingering, /lingered/);
    holdfast.child.kill('SIGTERM');
    await holdfast.ended;

    const wrong = withPassword(databaseUrl, 'wrong-and-long-enough');
    const fatal = startHoldfast({ env: { ...env, DATABASE_URL: wrong }, stateFolder });
    opened.use(fatal);
    assert.equal((await fatal.ended).code, 78, fatal.output());
    places.push(
      ...run.places,
      { name: 'output', text: holdfast.output() },
      { name: 'output of the fatal exit', text: fatal.output() },
      ...readFolders([stateFolder, logs], SPARED),
      ...(await readPostgres(empty.url)),
    );

    const canaries = [
      ...canariesOf(secrets, ticket, createdKey),
      { name: 'a wrong password', secret: 'wrong-and-long-enough' },
    ];
    checkPlaces(places);
    assert.deepEqual(findLeaks(places, canaries), []);
  });
});

/** They hold what they are to hold, or nothing is shown by what they do not. */
function checkPlaces(places: readonly Place[]): void {
  for (const [name, expected] of [
    ['output', /no connection for/],
    ['output of the fatal exit', /FATAL/],
    ['file', /no connection for/],
    ['file /dev/shm/', /lingers/],
    ['admin /metrics', /mcp_tool_calls_total.*who_serves/],
    ['admin /supervisor/events', /^200 [^]*SIGKILL/],
    ['redis', /ticket|session|worker/],
    ['postgres holdfast.audit_2', /throws_secrets/],
    ['postgres holdfast.api_keys', /ann/],
    ['process list', /holdfast\.js/],
    ['command audit', /throws_secrets/],
    ['command state --json', /mcp\.supervisor\.state/],
  ] as const) {
    const found = places.filter((place) => place.name.startsWith(name));
    assert.ok(
      found.some(({ text }) => expected.test(text)),
      `${name}: ${found.map(({ text }) => text.slice(0, 500)).join('\n')}`,
    );
  }
}

suite('what looks for secrets', () => {
  const secret = 'p@ss/w:rd "of" 12?';
  const canaries = [{ name: 'it', secret, belongsIn: ['home'] }];

  test('finds one in every form', () => {
    for (const form of formsOf(secret)) {
      assert.equal(findLeaks([{ name: 'here', text: `before ${form} after` }], canaries).length, 1);
    }
    for (const before of ['', 'x', 'xy', 'xyz']) {
      for (const encoding of ['base64', 'base64url', 'hex'] as const) {
        const text = Buffer.from(`${before}${secret}${before}`).toString(encoding);
        assert.equal(
          findLeaks([{ name: 'here', text }], canaries).length,
          1,
          `${encoding}: ${before}`,
        );
      }
    }
  });

  test('says nothing of where it belongs, and does not repeat it', () => {
    assert.deepEqual(findLeaks([{ name: 'home', text: secret }], canaries), []);
    const [found = ''] = findLeaks([{ name: 'here', text: secret }], canaries);
    assert.ok(!found.includes(secret));
  });
});
