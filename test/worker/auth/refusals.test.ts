import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { Refusals } from '../../../src/worker/auth/refusals.ts';
import type { AuditEntry } from '../../../src/worker/domain/audit.ts';

/** What is written down. */
function open() {
  const entries: AuditEntry[] = [];
  return { entries, refusals: new Refusals({ record: (entry) => entries.push(entry) }) };
}

suite('who is refused', () => {
  test('at the door is written down ten times a minute for one network', () => {
    const { entries, refusals } = open();
    for (let each = 0; each < 30; each += 1) {
      const address = `2001:db8::${each}`;
      refusals.note({ action: 'authenticate', address, outcome: 'unauthorized' });
    }
    refusals.note({ action: 'guard', address: '192.0.2.1', outcome: 'forbidden' });
    assert.equal(entries.length, 11);
    assert.ok(entries.every(({ kind, who }) => kind === 'refusal' && who === undefined));
  });

  test('because too many requests run is written down by name, ten times a minute', () => {
    const { entries, refusals } = open();
    const ann = { id: 'key:ann', scopes: 'all', address: '192.0.2.1' } as const;
    for (let each = 0; each < 30; each += 1) refusals.noteLimited(ann);
    refusals.noteLimited({ ...ann, id: 'key:ben' });
    assert.equal(entries.length, 11);
    const { who, address, action, outcome } = entries[0] ?? {};
    assert.deepEqual(
      [who, address, action, outcome],
      ['key:ann', '192.0.2.1', 'request', 'limited'],
    );
  });
});
