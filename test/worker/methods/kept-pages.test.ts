import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { ANONYMOUS } from '../../../src/worker/domain/principal.ts';
import { Pages } from '../../../src/worker/methods/pages.ts';
import { openSeal } from '../doubles.ts';

/** A list whose entries are always the same. */
interface Scoped {
  readonly version: string;
  readonly findVersion: (version: string) => Scoped | undefined;
}

const callerOf = (id: string, ...scopes: string[]) => ({ id, scopes: new Set(scopes) });

suite('a page', () => {
  const SCOPES = ['read', 'write'] as const;
  const entries = SCOPES.map((scope) => ({ scope }));
  const list: Scoped = { version: 'v1', findVersion: () => undefined };

  /** Pages that count how often an entry is made ready to be shown. */
  function openPages(text = '') {
    const shown: string[] = [];
    const pages = new Pages<Scoped, { scope: string }>({
      method: 'tools/list',
      seal: openSeal,
      entriesOf: () => entries,
      keyOf: ({ scope }) => scope,
      scopeOf: ({ scope }) => scope,
      show: ({ scope }, revision) => {
        shown.push(scope);
        return text === '' ? { scope, revision } : { scope, revision, text };
      },
    });
    return { pages, shown };
  }

  test('is made once for all who may see the same, in whatever order their scopes are', () => {
    const { pages, shown } = openPages();
    const revision = '2025-11-25';
    const first = pages.pageOf(list, {}, { caller: callerOf('ann', 'read', 'write'), revision });
    const second = pages.pageOf(list, {}, { caller: callerOf('bob', 'write', 'read'), revision });
    assert.equal(first.entries, second.entries);
    assert.deepEqual(shown, ['read', 'write']);
  });

  test('shows nobody what another may see', () => {
    const { pages } = openPages();
    const revision = '2025-11-25';
    const seen = (...scopes: string[]) =>
      pages.pageOf(list, {}, { caller: callerOf('ann', ...scopes), revision }).entries;
    assert.deepEqual(seen('read', 'write'), [
      { scope: 'read', revision },
      { scope: 'write', revision },
    ]);
    assert.deepEqual(seen('read'), [{ scope: 'read', revision }]);
    assert.deepEqual(seen('write'), [{ scope: 'write', revision }]);
    assert.deepEqual(seen('read","write'), []);
    assert.deepEqual(seen(), []);
    assert.equal(pages.pageOf(list, {}, { caller: ANONYMOUS, revision }).entries.length, 2);
  });

  test('is another in another revision, and of another version', () => {
    const { pages } = openPages();
    const at = (revision: '2025-11-25' | '2025-06-18', version = 'v1') =>
      pages.pageOf({ ...list, version }, {}, { caller: ANONYMOUS, revision }).entries;
    assert.notDeepEqual(at('2025-11-25'), at('2025-06-18'));
    assert.notEqual(at('2025-11-25'), at('2025-11-25', 'v2'));
    assert.equal(at('2025-11-25'), at('2025-11-25'));
  });

  test('is forgotten once its list is known no more', () => {
    const { pages, shown } = openPages();
    const asking = { caller: callerOf('ann', 'read'), revision: '2025-11-25' } as const;
    const known = new Set(['v1', 'v2']);
    const listAt = (version: string): Scoped => ({
      version,
      findVersion: (asked) => (known.has(asked) ? listAt(asked) : undefined),
    });
    const asked = (version: string) => pages.pageOf(listAt(version), {}, asking).entries;
    asked('v1');
    asked('v2');
    asked('v1');
    assert.equal(shown.length, 2);
    known.delete('v1');
    asked('v2');
    known.add('v1');
    asked('v1');
    assert.equal(shown.length, 3);
  });

  test('is kept as long as somebody asks for it now and then', () => {
    const { pages, shown } = openPages();
    const revision = '2025-11-25';
    const asked = (...scopes: string[]) => {
      pages.pageOf(list, {}, { caller: callerOf('ann', ...scopes), revision });
    };
    asked('read');
    for (let id = 0; id < 200; id += 1) {
      asked(String(id));
      asked('read');
    }
    assert.deepEqual(shown, ['read']);
  });

  test('is not kept beside others that are too large together', () => {
    const { pages, shown } = openPages('x'.repeat(5_000_000));
    const revision = '2025-11-25';
    const asked = (...scopes: string[]) => {
      pages.pageOf(list, {}, { caller: callerOf('ann', ...scopes), revision });
    };
    for (const scope of ['read', 'write', 'read', 'read']) asked(scope);
    assert.deepEqual(shown, ['read', 'write', 'read']);
  });

  test('is not kept for ever', () => {
    const { pages, shown } = openPages();
    const revision = '2025-11-25';
    const asked = (id: number) => {
      pages.pageOf(list, {}, { caller: callerOf('ann', 'read', String(id)), revision });
    };
    for (let id = 0; id < 1_000; id += 1) asked(id);
    asked(999);
    assert.equal(shown.length, 1_000);
    asked(0);
    assert.equal(shown.length, 1_001);
  });
});
