import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import * as fc from 'fast-check';

import { Failure } from '../../../src/shared/errors.ts';
import { AeadSeal } from '../../../src/worker/auth/seal.ts';
import { ANONYMOUS } from '../../../src/worker/domain/principal.ts';
import type { Seal } from '../../../src/worker/domain/seal.ts';
import { Pages } from '../../../src/worker/methods/pages.ts';
import { openSeal } from '../doubles.ts';

const sealing = { id: 7n, secret: new Uint8Array(32).fill(3) };
const SEALS: readonly (readonly [string, Seal])[] = [
  ['that anybody can read', openSeal],
  [
    'of the workers',
    new AeadSeal({
      keys: { sealing, find: (id) => (id === sealing.id ? sealing : undefined) },
      now: () => 0,
    }),
  ],
];
const RUNS = { numRuns: 10_000 };
const PAGE_SIZE = 100;

const namesOf = (count: number) =>
  Array.from({ length: count }, (_, index) => `n${String(index).padStart(6, '0')}`);

/** A list of names, which are their own keys, and of the lists it was before those that are still known. */
interface Names {
  readonly names: readonly string[];
  readonly version: string;
  readonly findVersion: (version: string) => Names | undefined;
}

function listOf(names: readonly string[], version = 'v1', ...before: readonly Names[]): Names {
  const list: Names = {
    names,
    version,
    findVersion: (asked) => [list, ...before].find(({ version: known }) => known === asked),
  };
  return list;
}

interface Given {
  readonly seal: Seal;
  readonly cursor?: unknown;
  readonly method?: string;
  readonly caller?: string;
}

function page(list: Names, given: Given): { entries: string[]; nextCursor: string | undefined } {
  const { seal, cursor, method = 'tools/list', caller = 'ann' } = given;
  const pages = new Pages<Names, string>({
    method,
    seal,
    entriesOf: ({ names }) => names,
    keyOf: (name) => name,
    scopeOf: () => undefined,
    show: (name) => ({ name }),
  });
  const asking = { caller: { ...ANONYMOUS, id: caller }, revision: '2025-11-25' } as const;
  const { entries, nextCursor } = pages.pageOf(list, { cursor }, asking);
  return {
    entries: entries.map((entry) => ('name' in entry ? String(entry.name) : '')),
    nextCursor,
  };
}

/** All pages, one after the other, where the list may be another each time. */
function allOf(seal: Seal, listAt: (turn: number) => Names): string[] {
  const seen: string[] = [];
  let cursor: string | undefined;
  for (let turn = 0; turn < 1_000; turn += 1) {
    const { entries, nextCursor } = page(listAt(turn), { seal, cursor });
    seen.push(...entries);
    if (nextCursor === undefined) return seen;
    cursor = nextCursor;
  }
  throw new Error('The pages have no end');
}

const isInvalid = (thrown: unknown) => thrown instanceof Failure && thrown.code === 'invalid';

for (const [what, seal] of SEALS) {
  suite(`pages, with the seal ${what}`, () => {
    for (const count of [0, 1, PAGE_SIZE - 1, PAGE_SIZE]) {
      test(`of ${count} are one, without a cursor`, () => {
        const names = namesOf(count);
        assert.deepEqual(page(listOf(names), { seal }), { entries: names, nextCursor: undefined });
      });
    }

    test(`of ${PAGE_SIZE + 1} are two, and the second begins where the first ended`, () => {
      const names = namesOf(PAGE_SIZE + 1);
      const first = page(listOf(names), { seal });
      assert.deepEqual(first.entries, names.slice(0, PAGE_SIZE));
      const second = page(listOf(names), { seal, cursor: first.nextCursor });
      assert.deepEqual(second, { entries: names.slice(PAGE_SIZE), nextCursor: undefined });
    });

    const { nextCursor = '' } = page(listOf(namesOf(PAGE_SIZE + 1)), { seal });
    const otherEnd = nextCursor.endsWith('AA') ? 'BB' : 'AA';
    for (const [of, given] of [
      ['of another list', { cursor: nextCursor, method: 'prompts/list' }],
      ['of another caller', { cursor: nextCursor, caller: 'bob' }],
      ['that was changed', { cursor: nextCursor.slice(0, -2) + otherEnd }],
      ['that was cut off', { cursor: nextCursor.slice(0, 10) }],
      ['that is nothing', { cursor: '' }],
      ['that is null', { cursor: null }],
      ['that is a number', { cursor: 0 }],
      ['that is a key', { cursor: 'n000001' }],
      ['of another purpose', { cursor: seal.close('n1', { purpose: 'request-state', to: 'x' }) }],
      ...[{}, 'n000001', ['v1'], ['v1', 7], [7, 'n000001'], null].map(
        (place) =>
          [
            `that holds no place: ${JSON.stringify(place)}`,
            { cursor: seal.close(place, { purpose: 'cursor', to: 'tools/list\0ann' }) },
          ] as const,
      ),
    ] as const) {
      test(`are not turned to by a cursor ${of}`, () => {
        assert.throws(() => page(listOf(namesOf(200)), { seal, ...given }), isInvalid);
      });
    }

    test('are all of the list that the first was of, whatever comes and goes meanwhile', () => {
      const size = fc.integer({ min: 0, max: 350 });
      fc.assert(
        fc.property(size, fc.array(fc.nat(400), { maxLength: 30 }), (count, gone) => {
          const first = listOf(namesOf(count));
          const leaving = new Set(gone);
          const staying = first.names.filter((_, index) => !leaving.has(index));
          const next = listOf([...staying, 'o1', 'o2'], 'v2', first);
          const seen = allOf(seal, (turn) => (turn % 2 === 0 ? first : next));
          assert.deepEqual(seen, first.names);
        }),
        RUNS,
      );
    });

    test('may be turned by a worker that serves the list only next', () => {
      const old = listOf(namesOf(150));
      const next = listOf(namesOf(250), 'v2');
      const prepared = listOf(old.names, old.version, next);
      assert.deepEqual(
        allOf(seal, (turn) => (turn === 0 ? next : prepared)),
        next.names,
      );
    });

    test('are not turned once their list is known no more: whoever does begins anew', () => {
      const { nextCursor: cursor } = page(listOf(namesOf(200)), { seal });
      const changed = listOf(namesOf(200), 'v2');
      assert.throws(() => page(changed, { seal, cursor }), isInvalid);
    });

    test('are not turned to by whatever a caller makes up', () => {
      const made = fc.oneof(fc.jsonValue(), fc.string(), fc.base64String());
      fc.assert(
        fc.property(made, (cursor) => {
          assert.throws(() => page(listOf(['a']), { seal, cursor: cursor ?? null }), isInvalid);
        }),
        RUNS,
      );
    });

    test('are not turned to by a cursor of which any character is another', () => {
      fc.assert(
        fc.property(
          fc.nat(nextCursor.length - 1),
          fc.base64String({ minLength: 1 }),
          (at, made) => {
            const cursor = nextCursor.slice(0, at) + made[0] + nextCursor.slice(at + 1);
            if (cursor === nextCursor || seal === openSeal) return;
            assert.throws(() => page(listOf(['a']), { seal, cursor }), isInvalid);
          },
        ),
        RUNS,
      );
    });
  });
}
