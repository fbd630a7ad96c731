import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import type { Client } from 'pg';
import type Pool from 'pg-pool';

import { silent } from '../../../src/shared/logger.ts';
import { AeadSeal } from '../../../src/worker/auth/seal.ts';
import type { Bus } from '../../../src/worker/domain/bus.ts';
import { KeyRing } from '../../../src/worker/store/keys.ts';
import { connect } from './connected.ts';
import { isFailure } from './failures.ts';
import { openMigrated } from './migrated.ts';
import { openWay } from './way.ts';

const DEAF: Bus = { publish: async () => false, listen: async () => ({ [Symbol.dispose]() {} }) };
const DAY_MS = 86_400_000;
const BOND = { purpose: 'cursor', to: 'ann' } as const;

/** A database, and workers whose clocks the test owns. Postgres' clock goes with them. */
async function openService() {
  const opened = new AsyncDisposableStack();
  const migrated = opened.use(await openMigrated());
  const clock = { ms: 0 };
  return {
    ...migrated,
    clock,
    async pass(ms: number): Promise<void> {
      clock.ms += ms;
      await migrated.admin.query(
        "update holdfast.seal_keys set created_at = created_at - $1 * interval '1 millisecond'",
        [ms],
      );
    },
    async countKeys(): Promise<number> {
      const { rowCount } = await migrated.admin.query('select from holdfast.seal_keys');
      return rowCount ?? 0;
    },
    async openRing(bus: Bus = DEAF, given?: Pool<Client>) {
      const pool = given ?? (await migrated.pool());
      return opened.use(await KeyRing.open({ pool, bus, now: () => clock.ms, log: silent }));
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

const sealWith = (keys: KeyRing): AeadSeal => new AeadSeal({ keys, now: () => 0 });

suite('the key ring', () => {
  test('makes the first key, which seals at once and opens everywhere', async () => {
    await using service = await openService();
    const [here, there] = [await service.openRing(), await service.openRing()];
    assert.equal(await service.countKeys(), 1);
    const token = sealWith(here).close('hello', BOND);
    assert.equal(sealWith(there).open(token, BOND), 'hello');
  });

  test('of several workers that start at once gets one key', async () => {
    await using service = await openService();
    const pools = await Promise.all(Array.from({ length: 8 }, () => service.pool()));
    const rings = await Promise.all(pools.map((pool) => service.openRing(DEAF, pool)));
    assert.equal(await service.countKeys(), 1);
    const secrets = new Set(
      rings.map(({ sealing }) => Buffer.from(sealing.secret).toString('hex')),
    );
    assert.equal(secrets.size, 1);
  });

  test('has a new key open at once, and seal a minute later', async (t) => {
    await using service = await openService();
    using line = await connect();
    using otherLine = await connect({ prefix: line.prefix });
    const here = await service.openRing(line.bus);
    const there = await service.openRing(otherLine.bus);
    await here.rotate(DAY_MS);
    await t.waitFor(() => assert.ok(there.find(2n) !== undefined));
    assert.deepEqual([here.sealing.id, there.sealing.id], [1n, 1n]);
    // What is read while the clocks are moved belongs to neither time, so that it is read once more.
    await service.pass(59_000);
    await Promise.all([here.refresh(), there.refresh()]);
    assert.deepEqual([here.sealing.id, there.sealing.id], [1n, 1n]);
    await service.pass(1_100);
    await Promise.all([here.refresh(), there.refresh()]);
    assert.deepEqual([here.sealing.id, there.sealing.id], [2n, 2n]);
    const late = await service.openRing();
    assert.equal(late.sealing.id, 2n);
    assert.ok(late.find(1n) !== undefined);
  });

  test('makes no token fail while keys are rotated, for workers that hear nothing either', async () => {
    await using service = await openService();
    const rings = [await service.openRing(), await service.openRing(), await service.openRing()];
    const keepMs = 120_000;
    let tokens: { readonly token: string; readonly until: number }[] = [];
    let rotations = 0;
    for (let step = 0; step < 120; step += 1) {
      // Time passes from step to step.
      // oxlint-disable no-await-in-loop -- see above
      if (step % 20 === 5) {
        await rings[step % 3]?.rotate(keepMs);
        rotations += 1;
      }
      await service.pass(5_000);
      // As the timer of each has it do.
      await rings[step % 3]?.refresh();
      tokens = tokens.filter(({ until }) => until > service.clock.ms);
      for (const ring of rings) {
        const token = sealWith(ring).close(step, BOND);
        tokens.push({ token, until: service.clock.ms + keepMs });
      }
      for (const { token } of tokens) {
        assert.ok(rings.every((ring) => sealWith(ring).open(token, BOND) !== undefined));
      }
      // oxlint-enable no-await-in-loop -- as above
    }
    assert.equal(rotations, 6);
    assert.equal(await service.countKeys(), 7);
    const { rowCount } = await service.admin.query(
      'select from holdfast.seal_keys where retired_at is null',
    );
    assert.ok(rowCount !== null && rowCount < 5, `${rowCount} keys`);
  });

  test('is read again every quarter of a minute', async (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] });
    await using service = await openService();
    const [here, there] = [await service.openRing(), await service.openRing()];
    await here.rotate(DAY_MS);
    await service.pass(60_100);
    assert.equal(there.sealing.id, 1n);
    t.mock.timers.tick(15_000);
    t.mock.timers.reset();
    await t.waitFor(() => assert.equal(there.sealing.id, 2n));
  });

  test('is read again for a key that it does not have, at most once a second', async (t) => {
    await using service = await openService();
    const pool = await service.pool();
    let reads = 0;
    const counted = new Proxy(pool, {
      get(target, name) {
        if (name === 'query') reads += 1;
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const here = await service.openRing();
    const there = await service.openRing(DEAF, counted);
    await here.rotate(DAY_MS);
    service.clock.ms = 10_000;
    reads = 0;
    assert.equal(there.find(2n), undefined);
    for (let id = 3n; id < 1_000n; id += 1n) assert.equal(there.find(id), undefined);
    await t.waitFor(() => assert.ok(there.find(2n) !== undefined));
    assert.equal(reads, 1);
    service.clock.ms += 1_000;
    there.find(1_000n);
    there.find(1_001n);
    await there.refresh();
    assert.equal(reads, 3);
  });

  test('has a key added once a day, by whichever worker is first', async () => {
    await using service = await openService();
    const rings = [await service.openRing(), await service.openRing()];
    const rotateAll = () => Promise.all(rings.map((ring) => ring.rotateIfDue()));
    await service.pass(DAY_MS);
    await Promise.all(rings.map((ring) => ring.refresh()));
    await rotateAll();
    assert.equal(await service.countKeys(), 1);
    await service.pass(61_000);
    await Promise.all(rings.map((ring) => ring.refresh()));
    await rotateAll();
    await rotateAll();
    assert.equal(await service.countKeys(), 2);
    assert.ok(rings.every((ring) => ring.find(1n) !== undefined && ring.find(2n) !== undefined));
  });

  test('retires keys that have sealed nothing for as long as is said, and no others', async () => {
    await using service = await openService();
    const ring = await service.openRing();
    await ring.rotate(0);
    assert.ok(ring.find(1n) !== undefined);
    assert.equal(ring.sealing.id, 1n);
    // From now on the second seals.
    await service.pass(60_000);
    await service.pass(4_000);
    await ring.rotate(5_000);
    assert.ok(ring.find(1n) !== undefined);
    await service.pass(2_000);
    await ring.rotate(5_000);
    assert.equal(ring.find(1n), undefined);
    assert.deepEqual(
      [2n, 3n, 4n].map((id) => ring.find(id)?.id),
      [2n, 3n, 4n],
    );
  });

  test('gets one key of two rotations at the same time', async () => {
    await using service = await openService();
    const [here, there] = [await service.openRing(), await service.openRing()];
    await Promise.all([here.rotate(DAY_MS), there.rotate(DAY_MS)]);
    const count = await service.countKeys();
    assert.ok(count === 2 || count === 3, `${count} keys`);
    await Promise.all([here.refresh(), there.refresh()]);
    assert.deepEqual(here.find(2n)?.secret, there.find(2n)?.secret);
  });

  test('has a new key when all were retired by hand', async () => {
    await using service = await openService();
    const [here, there] = [await service.openRing(), await service.openRing()];
    const token = sealWith(here).close('hello', BOND);
    await service.admin.query('update holdfast.seal_keys set retired_at = now()');
    await Promise.all([here.refresh(), there.refresh()]);
    assert.deepEqual([here.sealing.id, there.sealing.id], [2n, 2n]);
    assert.equal(sealWith(there).open(token, BOND), undefined);
    assert.equal(sealWith(there).open(sealWith(here).close(1, BOND), BOND), 1);
  });

  test('keeps its keys while Postgres is away', async () => {
    await using service = await openService();
    const way = await openWay(service.url);
    const pool = await service.pool(way.url);
    const ring = await service.openRing(DEAF, pool);
    const token = sealWith(ring).close('hello', BOND);
    way.cut();
    await way[Symbol.asyncDispose]();
    assert.equal(ring.find(7n), undefined);
    await assert.rejects(ring.refresh(), isFailure('unavailable'));
    await assert.rejects(ring.rotate(0), isFailure('unavailable'));
    await assert.rejects(service.openRing(DEAF, pool), isFailure('unavailable'));
    assert.equal(sealWith(ring).open(token, BOND), 'hello');
  });
});
