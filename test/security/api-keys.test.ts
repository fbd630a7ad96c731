/** Keys of ours: what whoever has the database, or guesses, can make of them. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { hash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';

import { Failure } from '../../src/shared/errors.ts';
import { silent } from '../../src/shared/logger.ts';
import { keepSecret, makeApiKey, parseApiKey } from '../../src/worker/auth/api-key.ts';
import { KeyCheck } from '../../src/worker/auth/key-check.ts';
import { Standings } from '../../src/worker/auth/standings.ts';
import type { KeptKey, Keys } from '../../src/worker/domain/api-key.ts';
import { ApiKeys } from '../../src/worker/store/api-keys.ts';
import { INHERITED } from '../support/inherited.ts';
import { type Migrated, openMigrated } from '../worker/store/migrated.ts';

const BIN = join(import.meta.dirname, '../../bin/holdfast.js');
const PATIENCE_MS = 30_000;
/** As soon as a key has to be useless everywhere. */
const REVOKED_MS_MAX = 5_000;
/** Pairs of refusals whose times are compared, and how much longer those of one kind may take. */
const PAIRS = 4_000;
/** How often they are compared, until they are alike. */
const ATTEMPTS_MAX = 3;
const RATIO_MAX = 1.25;

interface Ran {
  readonly code: unknown;
  readonly stdout: string;
  readonly stderr: string;
}

function run(args: readonly string[], env: NodeJS.ProcessEnv): Promise<Ran> {
  const all = { ...INHERITED, MCP_STATE_DIR: '/nowhere/at/all', ...env };
  return new Promise((resolve) => {
    const options = { env: all, timeout: PATIENCE_MS };
    execFile(process.execPath, [BIN, ...args], options, (error, stdout, stderr) => {
      resolve({ code: error?.code ?? 0, stdout, stderr });
    });
  });
}

async function token({ url }: Migrated, ...args: string[]): Promise<Ran> {
  const ran = await run(['token', ...args], { DATABASE_URL: url });
  assert.equal(ran.code, 0, ran.stderr);
  return ran;
}

/** Makes a key as an operator does. */
async function create(migrated: Migrated) {
  const text = (await token(migrated, 'create', 'ann')).stdout.trimEnd();
  const key = parseApiKey(text);
  assert.ok(key);
  return { ...key, text };
}

/** Whatever is in any table, as a dump has it: bytes are hexadecimal. */
async function dump({ admin }: Migrated): Promise<string> {
  const { rows: tables } = await admin.query<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables
     where schemaname not in ('pg_catalog', 'information_schema')`,
  );
  const all = tables.map(({ name }) => `select t::text as line from ${name} t`).join(' union all ');
  const { rows } = await admin.query<{ line: string }>(all);
  return rows.map(({ line }) => line).join('\n');
}

/** What is found by trying nothing but known ways to write a text. */
function writingsOf(text: string): readonly string[] {
  const digests = ['md5', 'sha1', 'sha256', 'sha512'].flatMap((algorithm) =>
    (['hex', 'base64', 'base64url'] as const).map((encoding) => hash(algorithm, text, encoding)),
  );
  const bytes = Buffer.from(text);
  return [text, bytes.toString('hex'), bytes.toString('base64url'), ...digests];
}

interface Worker extends Disposable {
  readonly check: KeyCheck;
}

/** A worker, as far as keys go. */
function open(keys: Keys): Worker {
  const opened = new DisposableStack();
  const standings = opened.use(new Standings(Date.now));
  const check = opened.use(new KeyCheck({ keys, standings, now: Date.now, log: silent }));
  return { check, [Symbol.dispose]: () => opened.dispose() };
}

/** Keys in memory, so that nothing takes time but what we do ourselves; how often one was asked for is counted. */
function keysInMemory(kept: readonly KeptKey[]): Keys & { readonly asked: () => number } {
  const byId = new Map(kept.map((key) => [key.id, key]));
  let asked = 0;
  return {
    find: async (id) => {
      asked += 1;
      return byId.get(id);
    },
    findChanged: async () => [],
    noteUsed: async () => undefined,
    asked: () => asked,
  };
}

/** A key, and what is kept of another secret under its id: it is whole, known, and wrong. */
function makeWrong(): { readonly text: string; readonly kept: KeptKey } {
  const { id, text } = makeApiKey();
  const never = { expiresAt: undefined, revokedAt: undefined, lastUsedAt: undefined };
  const about = { id, principal: 'ann', scopes: undefined, createdAt: new Date() };
  return { text, kept: { ...about, ...never, ...keepSecret(makeApiKey().secret) } };
}

/** How long it takes to be refused, and with which words. */
async function refuse({ check }: Worker, text: string) {
  const startedAt = performance.now();
  const words = await check.admit(text).then(
    () => assert.fail('It was let in'),
    (thrown: unknown) => {
      assert.ok(thrown instanceof Failure);
      return `${thrown.code}: ${thrown.message}`;
    },
  );
  return { words, tookMs: performance.now() - startedAt };
}

function medianOf(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN;
}

suite('a dump of the database', () => {
  test('holds no key, nor anything by which one is found sooner than by trying them all (S34)', async () => {
    await using migrated = await openMigrated();
    const made = [await create(migrated), await create(migrated)];
    const rotated = await token(migrated, 'rotate', made[0]?.id ?? '');
    const fresh = parseApiKey(rotated.stdout.trimEnd());
    assert.ok(fresh);
    await token(migrated, 'revoke', made[1]?.id ?? '');
    const dumped = await dump(migrated);
    for (const key of [...made, { ...fresh, text: rotated.stdout.trimEnd() }]) {
      // Its id is there, and so would the rest be found if it was.
      assert.ok(dumped.includes(key.id));
      for (const written of [key.text, key.secret].flatMap(writingsOf)) {
        assert.ok(!dumped.includes(written), 'A key can be found');
      }
      assert.ok(key.secret.length * Math.log2(62) > 190);
    }
    const { rows } = await migrated.admin.query<{ salts: number; rows: number }>(
      'select count(distinct salt)::int as salts, count(*)::int as rows from holdfast.api_keys',
    );
    assert.deepEqual(rows, [{ salts: 3, rows: 3 }]);
  });
});

suite('a key', () => {
  test('is shown when it is made, and never again (S34)', async () => {
    await using migrated = await openMigrated();
    const { id, secret } = await create(migrated);
    const later = [
      await token(migrated, 'list'),
      await token(migrated, 'list', '--json'),
      await token(migrated, 'rotate', id),
      await token(migrated, 'revoke', id),
    ];
    for (const { stdout, stderr } of later) assert.ok(!`${stdout}${stderr}`.includes(secret));
  });

  test('that is revoked on the command line is useless at all workers within five seconds (S34)', async (t) => {
    await using migrated = await openMigrated();
    const keys = new ApiKeys(await migrated.pool());
    using one = open(keys);
    using other = open(keys);
    const { id, text } = await create(migrated);
    const admissions = await Promise.all([one, other].map(({ check }) => check.admit(text)));
    await token(migrated, 'revoke', id);
    await t.waitFor(() => assert.ok(admissions.every(({ ended }) => ended.aborted)), {
      timeout: REVOKED_MS_MAX,
    });
    for (const worker of [one, other]) {
      // oxlint-disable-next-line no-await-in-loop -- two of them
      assert.match((await refuse(worker, text)).words, /^unauthorized: /);
    }
  });
});

suite('who guesses', () => {
  test('makes us ask once for each that could be one, and never for what cannot (S32)', async () => {
    const keys = keysInMemory([]);
    using worker = open(keys);
    const { text } = makeApiKey();
    const ends = Array.from({ length: 1_000 }, (_, count) => `${1_000 + count}`);
    // The end of a key is drawn, and may be one of those.
    for (const end of ends.filter((guess) => !text.endsWith(guess))) {
      // oxlint-disable-next-line no-await-in-loop -- so does who guesses
      await refuse(worker, text.slice(0, -4) + end);
    }
    assert.ok(keys.asked() <= 1, `${keys.asked()} questions`);
    const before = keys.asked();
    // oxlint-disable-next-line no-await-in-loop -- as above
    for (let count = 0; count < 1_000; count += 1) await refuse(worker, text);
    assert.ok(keys.asked() - before <= 1, `${keys.asked() - before} questions`);
  });

  test('learns neither by words nor by time which keys there are (S32)', async () => {
    const words = new Set<string>();
    const ratios: number[] = [];
    // What is told by time is told each time. What slows the machine for a moment is not.
    do {
      // oxlint-disable-next-line no-await-in-loop -- one attempt after the other
      ratios.push(await compareTimes(words));
    } while (!isAlike(ratios.at(-1)) && ratios.length < ATTEMPTS_MAX);
    assert.equal(words.size, 1);
    assert.ok(isAlike(ratios.at(-1)), `${ratios.join(', ')} times as long`);
  });
});

/** How many times as long a wrong secret takes as a key that there is not. Notes in what words both are refused. */
async function compareTimes(words: Set<string>): Promise<number> {
  const wrong = Array.from({ length: PAIRS }, makeWrong);
  // Made before: right after a key is made everything takes longer.
  const unknown = wrong.map(() => makeApiKey().text);
  using worker = open(keysInMemory(wrong.map(({ kept }) => kept)));
  const unknownMs: number[] = [];
  const wrongMs: number[] = [];
  const ask = async (text: string, tookMs: number[]): Promise<void> => {
    const refused = await refuse(worker, text);
    tookMs.push(refused.tookMs);
    words.add(refused.words);
  };
  for (const [index, { text }] of wrong.entries()) {
    // One after the other, in turns, so that what slows the machine slows both.
    // oxlint-disable no-await-in-loop -- see above
    await ask(unknown[index] ?? '', unknownMs);
    await ask(text, wrongMs);
    // oxlint-enable no-await-in-loop -- as above
  }
  return medianOf(wrongMs) / medianOf(unknownMs);
}

function isAlike(ratio = Number.NaN): boolean {
  return ratio < RATIO_MAX && ratio > 1 / RATIO_MAX;
}

suite('a first key', () => {
  test('that is short ends the start with 78, and it is said how to make one (S35)', async () => {
    await using migrated = await openMigrated();
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-first-key-'));
    try {
      const path = join(folder, 'key');
      writeFileSync(path, 'hf_live_short');
      const { code, stderr } = await run(['start'], {
        MCP_STATE_DIR: join(folder, 'state'),
        MCP_PORT: '0',
        MCP_ADMIN_PORT: '0',
        MCP_WORKERS: '1',
        MCP_AUTH: 'required',
        MCP_TOOLS: 'examples/hardware-store',
        DATABASE_URL: migrated.url,
        REDIS_URL: process.env.TEST_REDIS_URL,
        MCP_BOOTSTRAP_TOKEN_FILE: path,
      });
      assert.equal(code, 78, stderr);
      assert.match(stderr, /MCP_BOOTSTRAP_TOKEN_FILE: /);
      assert.match(stderr, /holdfast token create bootstrap --offline/);
      assert.ok(!stderr.includes('hf_live_short'));
      assert.ok(!(await dump(migrated)).includes('bootstrap'));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
