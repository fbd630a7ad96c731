/** Two tenants at one server, of which workers are killed meanwhile: what is one's never comes to the other. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

import { Client } from 'pg';

import { findAdminRecord } from '../../src/shared/admin-files.ts';
import { createDatabase } from '../postgres.ts';
import { type Holdfast, startHoldfast, suiteServers } from '../process/holdfast.ts';
import { INHERITED } from '../support/inherited.ts';
import { Ear, findCrossings, TENANTS, type Tenant } from './crossings.ts';
import type { Surroundings, TenantClient } from './tenant.ts';
import { TenantRequests, TenantSession } from './tenant-http.ts';
import { KINDS, principalOf, TenantLine } from './tenant-line.ts';
import { TenantSocket } from './tenant-socket.ts';

const run = promisify(execFile);
const BIN = join(import.meta.dirname, '../../bin/holdfast.js');
const LINES_OF_WAY = 5;
/** Over each line: 4 ways, 5 lines and 10 at once are 200 calls of each tenant. */
const AT_ONCE = 10;
const KILLS = 5;
const KILL_PAUSE_MS = 1_000;
const ROUNDS_MAX = 200;

const WAYS: Readonly<Record<string, (surroundings: Surroundings) => Promise<TenantClient>>> = {
  'websocket legacy': (surroundings) => TenantSocket.open(surroundings, 'legacy'),
  'websocket modern': (surroundings) => TenantSocket.open(surroundings, 'modern'),
  'http session': (surroundings) => TenantSession.open(surroundings),
  'http modern': (surroundings) => TenantRequests.open(surroundings),
};

/** By each way something of each of these has to have come, or nothing is shown. */
const COMES = [
  'notifications/progress',
  'notifications/message',
  'notifications/resources/updated',
  'notifications/tools/list_changed',
  '"tools":[',
  '"isError":true',
  'elicitation/create',
] as const;

async function makeKey(databaseUrl: string, tenant: Tenant): Promise<string> {
  const env = { ...INHERITED, DATABASE_URL: databaseUrl };
  const command = [BIN, 'token', 'create', tenant, '--scope', tenant];
  const { stdout } = await run(process.execPath, command, { env, timeout: 20_000 });
  return stdout.trim();
}

/** Workers that serve. */
async function servingPids({ stateFolder }: Holdfast): Promise<number[]> {
  const port = findAdminRecord(stateFolder)?.port;
  const response = await fetch(`http://127.0.0.1:${port}/supervisor/state`);
  const { workers } = (await response.json()) as {
    workers: { pid: number; state: string }[];
  }; // what is published is checked elsewhere
  return workers.filter(({ state }) => state === 'READY').map(({ pid }) => pid);
}

/** After each of them all are told that something has changed. */
async function killWorkers(holdfast: Holdfast, teller: TenantLine, t: TestContext): Promise<void> {
  for (let killed = 0; killed < KILLS; killed += 1) {
    await sleep(KILL_PAUSE_MS);
    const victim = await t.waitFor(
      async () => {
        const [first, ...others] = await servingPids(holdfast);
        assert.ok(first !== undefined && others.length > 0);
        return first;
      },
      { interval: 50, timeout: 10_000 },
    );
    process.kill(victim, 'SIGKILL');
    await teller.work('change lists');
  }
}

/** All that lines do: at once, until it is over and then once more. */
async function keepBusy(lines: readonly TenantLine[], isOver: () => boolean): Promise<void> {
  const lanes = lines.flatMap((line) => Array.from({ length: AT_ONCE }, () => line));
  await Promise.all(
    lanes.map(async (line, lane) => {
      for (let round = 0; round < ROUNDS_MAX && !isOver(); round += 1) {
        // oxlint-disable-next-line no-await-in-loop -- one after the other, in each lane
        await line.work(KINDS[(lane + round) % KINDS.length] ?? 'list');
      }
      // The worker that answers this one ends in peace.
      await line.workToTheEnd();
    }),
  );
}

interface Audited {
  readonly who: string;
  readonly subject: string;
  readonly hash: string | null;
}

async function auditOf(databaseUrl: string): Promise<readonly Audited[]> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<Audited>(`
      select who, subject, encode(arguments_hash, 'hex') as hash from holdfast.audit
      where action in ('tools/call', 'resources/read')`);
    return rows;
  } finally {
    await client.end();
  }
}

/** Every row has to name who did it, and nothing that was answered may be missing. */
function checkAudit(rows: readonly Audited[], lines: readonly TenantLine[]): void {
  const callers = new Map(
    lines.flatMap(({ called, tenant }) => [...called].map((hash) => [hash, tenant] as const)),
  );
  for (const { who, subject, hash } of rows) {
    const caller = tenantIn(subject) ?? callers.get(hash ?? '');
    assert.ok(caller !== undefined, subject);
    assert.equal(who, principalOf(caller), JSON.stringify({ who, subject, hash }));
  }
  const kept = new Set(rows.map(({ hash }) => hash));
  const missing = lines.flatMap(({ answered }) => answered).filter((hash) => !kept.has(hash));
  assert.deepEqual(missing, []);
}

function tenantIn(subject: string): Tenant | undefined {
  return TENANTS.find((tenant) => subject.includes(tenant));
}

function openLines(port: number, keys: Readonly<Record<Tenant, string>>, ears: Ear[]) {
  return Object.values(WAYS).flatMap((open, way) =>
    TENANTS.flatMap((tenant) =>
      Array.from({ length: LINES_OF_WAY }, (_none, index) => {
        const number = way * LINES_OF_WAY + index;
        return new TenantLine({ port, tenant, key: keys[tenant], ears, number, open });
      }),
    ),
  );
}

suite('two tenants', () => {
  test('with 200 calls each at once, over all ways and while workers are killed, hear nothing of each other (S41)', {
    timeout: 120_000,
  }, async (t) => {
    await using database = await createDatabase();
    await using holdfast = startHoldfast({
      env: {
        ...suiteServers(database.url),
        MCP_AUTH: 'required',
        MCP_WORKERS: '4',
        MCP_TOOLS: join(import.meta.dirname, 'two-tenants'),
        MCP_SUPERVISOR_BACKOFF_MS: '100',
        MCP_DRAIN_MS: '1000',
      },
    });
    const port = await holdfast.serving;
    const [acme, bolt] = await Promise.all(TENANTS.map((tenant) => makeKey(database.url, tenant)));
    const keys = { acmecorporation: acme ?? '', boltcorporation: bolt ?? '' };
    const ears: Ear[] = [];
    const lines = openLines(port, keys, ears);

    const [teller = assert.fail()] = lines;
    let isOver = false;
    const killing = killWorkers(holdfast, teller, t).finally(() => (isOver = true));
    await Promise.all([killing, keepBusy(lines, () => isOver)]);
    await Promise.all(lines.map((line) => line[Symbol.asyncDispose]()));
    holdfast.child.kill('SIGTERM');
    assert.equal((await holdfast.ended).code, 0, holdfast.output());

    assert.deepEqual(findCrossings(ears), []);
    assert.deepEqual(
      lines.flatMap(({ wrong }) => wrong),
      [],
    );
    for (const way of Object.keys(WAYS)) {
      const heard = ears.filter((ear) => ear.way === way).flatMap((ear) => ear.heard);
      for (const what of COMES)
        assert.ok(
          heard.some((text) => text.includes(what)),
          `${way}: ${what}`,
        );
    }
    assert.ok(
      lines.some(({ brokenCount }) => brokenCount > 0),
      'no kill was noticed',
    );
    checkAudit(await auditOf(database.url), lines);
  });
});

suite('what looks for crossings', () => {
  const mine = 'acmecorporation.1.7';
  const others = 'acmecorporation.2.7';
  /** What one tenant's ear hears, that asked for `mine` with the id 7, and for another thing with 8. */
  const hear = (text: string): readonly string[] => {
    const ear = new Ear('acmecorporation', 'some way');
    ear.allow(mine, 7);
    ear.allow('acmecorporation.1.8', 8);
    ear.hear(text);
    return findCrossings([ear]);
  };

  for (const [what, text] of [
    ["another tenant's marker", 'data: {"x":"boltcorporation.1.7"}'],
    ["another tenant's tool", '{"id":7,"result":{"tools":[{"name":"only_boltcorporation"}]}}'],
    [
      "another tenant's marker, as a text in a text",
      `{"id":9,"result":"{\\"boltcorporation.3.3\\"}"}`,
    ],
    ["another connection's marker", `{"method":"notifications/message","params":"${others}"}`],
    ["another connection's resource", `{"params":{"uri":"mine://${others}"}}`],
    ["another connection's marker as the reason of a close", `closed 1011 ${others}`],
    ["another call's result", '{"id":7,"result":"acmecorporation.1.8"}'],
    [
      "another call's progress",
      '{"method":"notifications/progress","params":{"progressToken":8,"message":"acmecorporation.1.7"}}',
    ],
  ] as const) {
    test(`finds ${what}`, () => {
      assert.notDeepEqual(hear(text), []);
    });
  }

  test('finds nothing in what is its own', () => {
    assert.deepEqual(hear(`{"id":7,"result":"${mine}"}`), []);
    assert.deepEqual(hear(`{"method":"notifications/message","params":"${mine}"}`), []);
  });
});
