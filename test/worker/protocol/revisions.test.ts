import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import {
  findLegacy,
  findModern,
  findRevision,
  isModern,
  negotiate,
  type Revision,
  TRAITS,
} from '../../../src/worker/protocol/revisions.ts';

const LEGACY: readonly Revision[] = ['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25'];
const NONE = ['', '2026-07-28 ', 'draft', '__proto__', 'constructor', '2025-11-24'];

suite('a revision', () => {
  for (const name of LEGACY) {
    test(`of the legacy era is found and settled on: ${name}`, () => {
      assert.equal(findLegacy(name), name);
      assert.equal(findModern(name), undefined);
      assert.equal(findRevision(name), name);
      assert.equal(negotiate(name), name);
      assert.equal(isModern(name), false);
    });
  }

  test('of the modern era is found, and no handshake settles on it', () => {
    assert.equal(findModern('2026-07-28'), '2026-07-28');
    assert.equal(findLegacy('2026-07-28'), undefined);
    assert.equal(findRevision('2026-07-28'), '2026-07-28');
    assert.equal(negotiate('2026-07-28'), '2025-11-25');
    assert.equal(isModern('2026-07-28'), true);
  });

  for (const name of NONE) {
    test(`is not found under "${name}", for which our newest is settled on`, () => {
      assert.equal(findRevision(name), undefined);
      assert.equal(negotiate(name), '2025-11-25');
    });
  }

  for (const [trait, first] of [
    ['audio', '2025-03-26'],
    ['toolAnnotations', '2025-03-26'],
    ['progressMessage', '2025-03-26'],
    ['completions', '2025-03-26'],
    ['titles', '2025-06-18'],
    ['resourceLinks', '2025-06-18'],
    ['icons', '2025-11-25'],
  ] as const) {
    test(`has ${trait} since ${first}`, () => {
      for (const [revision, traits] of Object.entries(TRAITS)) {
        assert.equal(traits[trait], revision >= first, revision);
      }
    });
  }

  test('takes batches in 2025-03-26, and never before or after', () => {
    const taking = Object.entries(TRAITS).filter(([, { batches }]) => batches);
    assert.deepEqual(
      taking.map(([revision]) => revision),
      ['2025-03-26'],
    );
  });
});
