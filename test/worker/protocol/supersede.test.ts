import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import type { Outgoing } from '../../../src/worker/protocol/frame.ts';
import { subjectOf } from '../../../src/worker/protocol/supersede.ts';

const said = (method: string, params: Readonly<Record<string, unknown>> = {}): Outgoing => {
  return { jsonrpc: '2.0', method, params };
};
const of = (subscription: unknown) => ({
  _meta: { 'io.modelcontextprotocol/subscriptionId': subscription },
});
const changed = (list: string) => `notifications/${list}/list_changed`;
const updated = 'notifications/resources/updated';
const progress = 'notifications/progress';

suite('a message that the next one makes worthless', () => {
  for (const [one, other, isSame] of [
    [
      said(progress, { progressToken: 1, progress: 1 }),
      said(progress, { progressToken: 1, progress: 2 }),
      true,
    ],
    [said(progress, { progressToken: 1 }), said(progress, { progressToken: '1' }), false],
    [said(progress, { progressToken: 1 }), said(progress, { progressToken: 2 }), false],
    [said(changed('tools')), said(changed('tools')), true],
    [said(changed('tools')), said(changed('prompts')), false],
    [said(changed('tools'), of(1)), said(changed('tools'), of(1)), true],
    [said(changed('tools'), of(1)), said(changed('tools'), of('1')), false],
    [said(changed('tools'), of(1)), said(changed('tools')), false],
    [said(updated, { uri: 'a:b' }), said(updated, { uri: 'a:b' }), true],
    [said(updated, { uri: 'a:b' }), said(updated, { uri: 'a:c' }), false],
    [said(updated, { uri: 'a:b', ...of(1) }), said(updated, { uri: 'a:b', ...of(2) }), false],
    [said(updated, { uri: 'a:b' }), said(changed('resources')), false],
  ] as const) {
    test(`is ${isSame ? '' : 'not '}${JSON.stringify(one)} before ${JSON.stringify(other)}`, () => {
      assert.notEqual(subjectOf(one), undefined);
      assert.equal(subjectOf(one) === subjectOf(other), isSame);
    });
  }
});

suite('a message that has to arrive', () => {
  for (const message of [
    { jsonrpc: '2.0', id: 1, result: {} },
    { jsonrpc: '2.0', error: { code: 1, message: 'no' } },
    { jsonrpc: '2.0', id: 1, method: progress, params: { progressToken: 1 } },
    [{ jsonrpc: '2.0', id: 1, result: {} }],
    said('notifications/message', { level: 'info', data: 1 }),
    said('notifications/cancelled', { requestId: 1 }),
    said('notifications/subscriptions/acknowledged', of(1)),
  ] as const satisfies readonly Outgoing[]) {
    test(`is ${JSON.stringify(message)}`, () => {
      assert.equal(subjectOf(message), undefined);
    });
  }
});
