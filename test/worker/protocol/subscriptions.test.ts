import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as fc from 'fast-check';
import type { Change } from '../../../src/worker/domain/change.ts';
import { SUBSCRIPTIONS_MAX, URI_LENGTH_MAX } from '../../../src/worker/domain/session.ts';
import {
  ALL_LISTS,
  describeInterest,
  notificationOf,
  parseInterest,
} from '../../../src/worker/protocol/subscriptions.ts';
import { checkNotification } from '../../support/check-messages.ts';

/** A longer URI is of no resource. */
const RUNS = { numRuns: 10_000 };
const SUBSCRIPTION = 'io.modelcontextprotocol/subscriptionId';

suite('an interest', () => {
  for (const [what, given, described] of [
    ['nothing', {}, {}],
    ['one list', { toolsListChanged: true }, { toolsListChanged: true }],
    [
      'all lists, and two resources',
      {
        toolsListChanged: true,
        promptsListChanged: true,
        resourcesListChanged: true,
        resourceSubscriptions: ['a:b', 'file:///c'],
      },
      {
        toolsListChanged: true,
        promptsListChanged: true,
        resourcesListChanged: true,
        resourceSubscriptions: ['a:b', 'file:///c'],
      },
    ],
    ['what is declined', { toolsListChanged: false }, {}],
    [
      'a resource twice',
      { resourceSubscriptions: ['a:b', 'a:b'] },
      { resourceSubscriptions: ['a:b'] },
    ],
    ['no resources', { resourceSubscriptions: [] }, {}],
    ['what nobody knows', { taskIds: ['a'], rootsListChanged: true }, {}],
  ] as const) {
    test(`in ${what} is acknowledged as what is told of`, () => {
      const interest = parseInterest(given);
      assert.ok(interest);
      assert.deepEqual(describeInterest(interest), described);
    });
  }

  for (const [what, given] of [
    ['undefined', undefined],
    ['null', null],
    ['an array', []],
    ['a text', 'tools'],
    ['a text for a list', { toolsListChanged: 'true' }],
    ['null for a list', { promptsListChanged: null }],
    ['a text for resources', { resourceSubscriptions: 'a:b' }],
    ['null for resources', { resourceSubscriptions: null }],
    ['a resource that is no URI', { resourceSubscriptions: ['a:b', 'no'] }],
    ['a resource that is no text', { resourceSubscriptions: [7] }],
    ['a URI that is too long', { resourceSubscriptions: ['a:'.padEnd(URI_LENGTH_MAX + 1, 'b')] }],
    [
      'too many resources',
      { resourceSubscriptions: Array.from({ length: SUBSCRIPTIONS_MAX + 1 }, () => 'a:b') },
    ],
  ] as const) {
    test(`is not read from ${what}`, () => {
      assert.equal(parseInterest(given), undefined);
    });
  }

  test('may be in as many resources as may be', () => {
    const uris = Array.from({ length: SUBSCRIPTIONS_MAX }, (_, index) => `a:${index}`);
    assert.equal(parseInterest({ resourceSubscriptions: uris })?.resources.size, SUBSCRIPTIONS_MAX);
  });
});

suite('a change', () => {
  const nothing = { lists: new Set<'tools'>(), resources: new Set<string>() };

  test('of a list is told to all of the legacy era', () => {
    for (const list of ALL_LISTS) {
      const told = notificationOf({ list }, { ...nothing, lists: ALL_LISTS });
      const method = `notifications/${list}/list_changed`;
      assert.deepEqual(told, { jsonrpc: '2.0', method, params: {} });
    }
  });

  for (const subscription of [0, '', 'a', 7]) {
    test(`is told as of the subscription ${JSON.stringify(subscription)}`, () => {
      const interest = { lists: new Set(['tools'] as const), resources: new Set(['a:b']) };
      const _meta = { [SUBSCRIPTION]: subscription };
      const list = notificationOf({ list: 'tools' }, interest, subscription);
      assert.deepEqual(list?.params, { _meta });
      const resource = notificationOf({ resource: 'a:b' }, interest, subscription);
      assert.deepEqual(resource?.params, { uri: 'a:b', _meta });
    });
  }

  for (const change of [{ list: 'tools' }, { resource: 'a:b' }] as const) {
    test(`is not told to one who is not interested: ${JSON.stringify(change)}`, () => {
      const other = { lists: new Set(['prompts'] as const), resources: new Set(['a:', 'a:b/c']) };
      assert.equal(notificationOf(change, nothing), undefined);
      assert.equal(notificationOf(change, other, 1), undefined);
    });
  }
});

suite('whatever', () => {
  const uri = fc.webUrl();
  const asked = fc.record(
    {
      toolsListChanged: fc.boolean(),
      promptsListChanged: fc.boolean(),
      resourcesListChanged: fc.boolean(),
      resourceSubscriptions: fc.array(uri, { maxLength: 5 }),
    },
    { requiredKeys: [] },
  );
  const change: fc.Arbitrary<Change> = fc.oneof(
    fc.record({
      list: fc.constantFrom('tools' as const, 'prompts' as const, 'resources' as const),
    }),
    fc.record({ resource: uri }),
  );

  test('is asked is read or not, and what is read can be asked for again', () => {
    fc.assert(
      fc.property(fc.oneof(asked, fc.jsonValue()), (given) => {
        const interest = parseInterest(given);
        if (interest === undefined) return;
        assert.deepEqual(parseInterest(describeInterest(interest)), interest);
      }),
      RUNS,
    );
  });

  test('changes is told as it should be, and to those alone who asked for it', () => {
    fc.assert(
      fc.property(asked, change, fc.oneof(fc.string(), fc.integer()), (given, changed, id) => {
        const interest = parseInterest(given);
        assert.ok(interest);
        const told = notificationOf(changed, interest, id);
        const isAsked =
          'list' in changed
            ? given[`${changed.list}ListChanged`] === true
            : (given.resourceSubscriptions ?? []).includes(changed.resource);
        assert.equal(told !== undefined, isAsked);
        if (told !== undefined) checkNotification('2026-07-28', told);
      }),
      RUNS,
    );
  });
});
