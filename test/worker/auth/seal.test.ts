import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { suite, test } from 'node:test';

import * as fc from 'fast-check';

import { Failure } from '../../../src/shared/errors.ts';
import { AeadSeal } from '../../../src/worker/auth/seal.ts';
import type { Bond, SealKey } from '../../../src/worker/domain/seal.ts';

const RUNS = { numRuns: 10_000 };
const LENGTH_MAX = 65_536;

const makeKey = (id: bigint): SealKey => ({ id, secret: randomBytes(32) });

/** A seal with two keys, of which the second seals, and a clock of the test's own. */
function openSeal() {
  const keys = [makeKey(1n), makeKey(2n)] as const;
  const clock = { ms: 1_000 };
  const ring = {
    sealing: keys[1],
    find: (id: bigint): SealKey | undefined => keys.find((key) => key.id === id),
  };
  return { seal: new AeadSeal({ keys: ring, now: () => clock.ms }), clock, keys, ring };
}

const bonds: fc.Arbitrary<Bond> = fc.record({
  purpose: fc.constantFrom('cursor', 'request-state'),
  to: fc.string({ unit: 'binary' }),
});

suite('a token', () => {
  const { seal, clock, keys, ring } = openSeal();

  test('opens to what was put in', () => {
    fc.assert(
      fc.property(fc.jsonValue(), bonds, fc.option(fc.nat()), (content, bond, ttlMs) => {
        const token = seal.close(content, bond, ttlMs === null ? undefined : ttlMs + 1);
        assert.match(token, /^[\w-]+$/);
        // JSON knows no -0.
        assert.deepEqual(seal.open(token, bond), JSON.parse(JSON.stringify(content)));
      }),
      RUNS,
    );
  });

  test('is another each time, and shows nothing of what is in it', () => {
    const bond = { purpose: 'cursor', to: 'ann' } as const;
    const tokens = Array.from({ length: 1_000 }, () => seal.close('swordfish', bond));
    assert.equal(new Set(tokens).size, 1_000);
    const shown = tokens.map((token) => Buffer.from(token, 'base64url').toString('latin1'));
    assert.ok(shown.every((text) => !text.includes('swordfish') && !text.includes('ann')));
  });

  test('of which a byte was changed opens to nothing', () => {
    fc.assert(
      fc.property(
        fc.jsonValue(),
        bonds,
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (content, bond, where, flip) => {
          const bytes = Buffer.from(seal.close(content, bond), 'base64url');
          const at = where % bytes.length;
          bytes.writeUInt8(bytes.readUInt8(at) ^ flip, at);
          assert.equal(seal.open(bytes.toString('base64url'), bond), undefined);
        },
      ),
      RUNS,
    );
  });

  test('of which a character was changed, added or left out opens to nothing', () => {
    fc.assert(
      fc.property(
        fc.jsonValue(),
        bonds,
        fc.nat(),
        fc.string({ maxLength: 2, unit: 'binary' }),
        (content, bond, where, put) => {
          const token = seal.close(content, bond);
          const at = where % (token.length + 1);
          for (const taken of [0, 1]) {
            const changed = token.slice(0, at) + put + token.slice(at + taken);
            if (changed !== token) assert.equal(seal.open(changed, bond), undefined);
          }
        },
      ),
      RUNS,
    );
  });

  test('that was cut short opens to nothing', () => {
    fc.assert(
      fc.property(fc.jsonValue(), bonds, fc.nat(), (content, bond, where) => {
        const token = seal.close(content, bond);
        assert.equal(seal.open(token.slice(0, where % token.length), bond), undefined);
      }),
      RUNS,
    );
  });

  test('opens to nothing for another bond', () => {
    fc.assert(
      fc.property(fc.jsonValue(), bonds, bonds, (content, bond, other) => {
        fc.pre(bond.purpose !== other.purpose || bond.to !== other.to);
        assert.equal(seal.open(seal.close(content, bond), other), undefined);
      }),
      RUNS,
    );
  });

  test('opens to nothing for the other purpose', () => {
    const to = 'ann';
    const token = seal.close(1, { purpose: 'cursor', to });
    assert.equal(seal.open(token, { purpose: 'request-state', to }), undefined);
  });

  test('made of any text opens to nothing', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.base64String(),
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString('base64url')),
      // With the number of a key that there is.
      fc.uint8Array({ maxLength: 200 }).map((bytes) => {
        const id = Buffer.from([0, 0, 0, 0, 0, 0, 0, 1]);
        return Buffer.concat([id, bytes]).toString('base64url');
      }),
    );
    fc.assert(
      fc.property(text, bonds, (token, bond) => {
        assert.equal(seal.open(token, bond), undefined);
      }),
      RUNS,
    );
  });

  const bond: Bond = { purpose: 'cursor', to: 'ann' };

  test('opens until its time is over', () => {
    const token = seal.close('hello', bond, 500);
    const lasting = seal.close('hello', bond);
    clock.ms += 499;
    assert.equal(seal.open(token, bond), 'hello');
    clock.ms += 1;
    assert.equal(seal.open(token, bond), undefined);
    clock.ms += 1e12;
    assert.equal(seal.open(lasting, bond), 'hello');
  });

  test('that an older key sealed opens too', () => {
    const older = new AeadSeal({ keys: { ...ring, sealing: keys[0] }, now: () => clock.ms });
    assert.equal(seal.open(older.close('hello', bond), bond), 'hello');
  });

  test('of a key that is not there any more opens to nothing', () => {
    const other = openSeal();
    const retired = { ...other.ring, find: () => undefined };
    const token = other.seal.close('hello', bond);
    assert.equal(new AeadSeal({ keys: retired, now: () => 0 }).open(token, bond), undefined);
  });

  test('of another service opens to nothing', () => {
    assert.equal(seal.open(openSeal().seal.close('hello', bond), bond), undefined);
  });

  test('is of 64 KiB at most', () => {
    const fits = seal.close('x'.repeat(49_000), bond);
    assert.ok(fits.length <= LENGTH_MAX && fits.length > LENGTH_MAX - 300);
    assert.equal(seal.open(fits, bond), 'x'.repeat(49_000));
    assert.throws(
      () => seal.close('x'.repeat(50_000), bond),
      (thrown) => {
        assert.ok(thrown instanceof Failure);
        assert.equal(thrown.code, 'limited');
        return true;
      },
    );
    assert.equal(seal.open('x'.repeat(LENGTH_MAX + 1), bond), undefined);
  });
});
