import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { type FromSupervisor, IPC_BYTES_MAX, parseFromSupervisor } from '../../src/shared/ipc.ts';
import type { AdministrativeEntry } from '../../src/supervisor/administrative-entry.ts';
import { AuditRelay } from '../../src/supervisor/audit-relay.ts';
import { ask, authorization } from './admin/ask.ts';
import { open } from './admin/opened.ts';

function entryOf(subject: string, kind: AdministrativeEntry['kind'] = 'administration') {
  return { kind, address: '127.0.0.1', action: 'release', subject, outcome: 'ok' } as const;
}

/** A relay to a worker that is there or not. */
function openRelay() {
  const told: FromSupervisor[] = [];
  const state = { serves: false };
  const relay = new AuditRelay((message) => {
    if (state.serves) told.push(message);
    return state.serves;
  });
  const subjects = () => told.map((message) => (message.type === 'audit' ? message.subject : ''));
  return { relay, state, told, subjects };
}

suite('what operators do', () => {
  test('waits for a worker, in order, and refusals give way to the rest', () => {
    const { relay, state, subjects } = openRelay();
    relay.record(entryOf('first'));
    for (let count = 0; count < 150; count += 1) relay.record(entryOf(`r${count}`, 'refusal'));
    relay.record(entryOf('last'));
    state.serves = true;
    relay.passOn();
    relay.passOn();
    assert.equal(subjects().length, 100);
    assert.deepEqual([subjects()[0], subjects()[1], subjects().at(-1)], ['first', 'r52', 'last']);
  });

  test('is a small message, whatever was asked', () => {
    const { relay, state, told } = openRelay();
    state.serves = true;
    relay.record(entryOf('\u{1f9c0}'.repeat(100_000)));
    const sent = JSON.stringify(told[0]);
    assert.ok(Buffer.byteLength(sent) < IPC_BYTES_MAX);
    assert.equal(parseFromSupervisor(JSON.parse(sent))?.type, 'audit');
  });

  test('is written down with where it came from, of what it was, and what became of it', async () => {
    await using opened = await open();
    const order = (path: string, body?: string) =>
      ask(opened, path, { method: 'POST', headers: { authorization }, ...(body && { body }) });
    await order('/supervisor/scale', '{"workers": 3}');
    await order('/supervisor/scale', '{}');
    opened.source.outcome = 'busy';
    await order('/supervisor/workers/1/recycle');
    assert.deepEqual(
      opened.entries.map(({ action, subject, outcome }) => [action, subject, outcome]),
      [
        ['scale', '3 workers', 'ok'],
        ['scale', undefined, 'invalid'],
        ['recycle', 'slot 1', 'busy'],
      ],
    );
    assert.equal(opened.entries[0]?.address, '127.0.0.1');
  });

  test('a wrong token is written down, a few times a second at most', async () => {
    await using opened = await open();
    const began = performance.now();
    for (let count = 0; count < 20; count += 1) {
      await ask(opened, '/supervisor/drain', {
        method: 'POST',
        headers: { authorization: 'Bearer x' },
      });
    }
    const seconds = Math.ceil((performance.now() - began) / 1_000) + 1;
    const { length } = opened.entries;
    assert.ok(length >= 5 && length <= 5 * seconds, `${length}`);
    const { kind, action, subject, outcome } = opened.entries[0] ?? assert.fail();
    assert.deepEqual(
      [kind, action, subject, outcome],
      ['refusal', 'authenticate', 'POST /supervisor/drain', 'unauthorized'],
    );
  });
});
