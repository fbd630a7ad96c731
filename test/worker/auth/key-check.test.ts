import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';

import { Client } from 'pg';
import Pool from 'pg-pool';

import { Failure } from '../../../src/shared/errors.ts';
import { silent } from '../../../src/shared/logger.ts';
import { keepSecret, makeApiKey } from '../../../src/worker/auth/api-key.ts';
import { KeyCheck } from '../../../src/worker/auth/key-check.ts';
import { Standings } from '../../../src/worker/auth/standings.ts';
import type { KeptKey, Keys } from '../../../src/worker/domain/api-key.ts';
import { ApiKeys, createKey, expireKey, revokeKey } from '../../../src/worker/store/api-keys.ts';
import { migrateHoldfast } from '../../../src/worker/store/migrate.ts';
import { createDatabase } from '../../postgres.ts';

const DAY_MS = 86_400_000;
/** As soon as it has to be known everywhere that a key was revoked. */
const REVOKED_MS_MAX = 5_000;

/** Keys in Postgres, and how often it was asked for one. */
class CountedKeys implements Keys {
  finds = 0;
  away = false;
  readonly #keys: Keys;

  constructor(keys: Keys) {
    this.#keys = keys;
  }

  async find(id: string): Promise<KeptKey | undefined> {
    this.finds += 1;
    if (this.away) throw new Failure('unavailable', 'Away');
    return this.#keys.find(id);
  }

  async findChanged(withinMs: number): Promise<readonly KeptKey[]> {
    if (this.away) throw new Failure('unavailable', 'Away');
    return this.#keys.findChanged(withinMs);
  }

  noteUsed(ids: readonly string[]): Promise<void> {
    return this.#keys.noteUsed(ids);
  }
}

const isRefused = (thrown: unknown): boolean =>
  thrown instanceof Failure && thrown.code === 'unauthorized';

suite('who shows an API key', () => {
  let database: Awaited<ReturnType<typeof createDatabase>>;
  let client: Client;
  let pool: Pool<Client>;
  before(async () => {
    database = await createDatabase();
    client = new Client({ connectionString: database.url });
    await client.connect();
    await migrateHoldfast(client, '1.0.0', silent);
    pool = new Pool<Client>({ connectionString: database.url, max: 2 });
  });
  after(async () => {
    await pool.end();
    await client.end();
    await database[Symbol.asyncDispose]();
  });

  async function add(more: { scopes?: readonly string[]; expiresAt?: Date } = {}) {
    const { id, secret, text } = makeApiKey();
    const { scopes, expiresAt } = more;
    await createKey(client, { id, principal: 'ann', scopes, expiresAt, ...keepSecret(secret) });
    return { id, text };
  }

  /** A worker, as far as keys go. */
  function open(now: () => number = Date.now) {
    const opened = new DisposableStack();
    const standings = opened.use(new Standings(now));
    const keys = new CountedKeys(new ApiKeys(pool));
    const check = opened.use(new KeyCheck({ keys, standings, now, log: silent }));
    return { check, keys, standings, [Symbol.dispose]: () => opened.dispose() };
  }

  test('is the one that it was made for, and may do what it was made for', async () => {
    using worker = open();
    const all = await worker.check.admit((await add()).text);
    assert.deepEqual(all.caller, { id: 'key:ann', scopes: 'all' });
    const some = await worker.check.admit((await add({ scopes: ['read', 'write'] })).text);
    assert.deepEqual(some.caller, { id: 'key:ann', scopes: new Set(['read', 'write']) });
  });

  test('is asked for once, however often and from where it comes', async () => {
    using worker = open();
    const { text } = await add();
    await Promise.all(Array.from({ length: 50 }, () => worker.check.admit(text)));
    await worker.check.admit(text);
    assert.equal(worker.keys.finds, 1);
    assert.equal(worker.check.known(text)?.caller.id, 'key:ann');
  });

  test('is refused in the same words for a wrong key, an unknown, a revoked and an expired one', async () => {
    using worker = open();
    const revoked = await add();
    await revokeKey(client, revoked.id);
    const expired = await add({ expiresAt: new Date(Date.now() - 1) });
    const unknown = makeApiKey().text;
    const words = new Set<string>();
    for (const text of [revoked.text, expired.text, unknown, 'hf_live_', 'x'.repeat(10_000)]) {
      await assert.rejects(worker.check.admit(text), (thrown: Error) => {
        words.add(thrown.message);
        return isRefused(thrown);
      });
    }
    assert.equal(words.size, 1);
  });

  test('is no flood of questions if it shows a thousand wrong ones', async () => {
    using worker = open();
    const { text } = await add();
    const ends = Array.from({ length: 1_000 }, (_, count) => `${100 + count}`);
    // The end of a key is drawn, and may be one of those.
    const typos = ends.filter((end) => !text.endsWith(end)).map((end) => text.slice(0, -3) + end);
    for (const wrong of typos) await assert.rejects(worker.check.admit(wrong), isRefused);
    assert.ok(worker.keys.finds <= 1, `${worker.keys.finds} questions`);
    const wrong = makeApiKey().text;
    for (let count = 0; count < 1_000; count += 1) {
      await assert.rejects(worker.check.admit(wrong), isRefused);
    }
    assert.ok(worker.keys.finds <= 2, `${worker.keys.finds} questions`);
  });

  test('is sent away from every worker within five seconds of a revocation', async (t) => {
    using one = open();
    using other = open();
    const { id, text } = await add();
    const admissions = [await one.check.admit(text), await other.check.admit(text)];
    const revokedAt = performance.now();
    await revokeKey(client, id);
    await t.waitFor(() => assert.ok(admissions.every(({ ended }) => ended.aborted)), {
      timeout: REVOKED_MS_MAX,
    });
    assert.ok(performance.now() - revokedAt < REVOKED_MS_MAX);
    assert.equal(one.check.known(text), undefined);
    await assert.rejects(other.check.admit(text), isRefused);
  });

  test('is sent away among many others who stay', async (t) => {
    using worker = open();
    const keys = await Promise.all(Array.from({ length: 20 }, () => add()));
    const admissions = await Promise.all(keys.map(({ text }) => worker.check.admit(text)));
    const [first] = keys;
    await revokeKey(client, first?.id ?? '');
    await t.waitFor(() => assert.equal(admissions[0]?.ended.aborted, true), {
      timeout: REVOKED_MS_MAX,
    });
    assert.equal(admissions.filter(({ ended }) => ended.aborted).length, 1);
  });

  test('goes on with a key that was rotated until its grace is over, and no longer', async (t) => {
    let now = Date.now();
    using worker = open(() => now);
    const { id, text } = await add();
    const { ended } = await worker.check.admit(text);
    await expireKey(client, id, DAY_MS);
    await t.waitFor(
      async () =>
        assert.notEqual((await worker.check.admit(text)).credential?.expiresAt, undefined),
      { timeout: REVOKED_MS_MAX },
    );
    assert.equal(ended.aborted, false);
    now += DAY_MS + 1_000;
    await assert.rejects(worker.check.admit(text), isRefused);
    await t.waitFor(() => assert.ok(ended.aborted), { timeout: REVOKED_MS_MAX });
  });

  test('is let in while Postgres is away if it was before, and told to come again if not', async () => {
    using worker = open();
    const { text } = await add();
    await worker.check.admit(text);
    worker.keys.away = true;
    await worker.check.admit(text);
    await assert.rejects(worker.check.admit((await add()).text), (thrown) => {
      return thrown instanceof Failure && thrown.code === 'unavailable';
    });
  });

  test('is noted to have been there', async (t) => {
    using worker = open();
    const { id, text } = await add();
    await worker.check.admit(text);
    await t.waitFor(
      async () => assert.ok((await new ApiKeys(pool).find(id))?.lastUsedAt instanceof Date),
      { timeout: REVOKED_MS_MAX },
    );
  });
});
