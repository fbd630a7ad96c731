import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import type { Revision } from '../../../src/worker/protocol/revisions.ts';
import { checkAnswer, checkNotification, checkRequest } from '../../support/check-messages.ts';
import { officialSchemaOf } from '../../support/official-schemas.ts';

/** How many definitions each has, as it was published. 2024-11-05 is made of the next. */
const COUNTS: Readonly<Record<Revision, number>> = {
  '2024-11-05': 83,
  '2025-03-26': 83,
  '2025-06-18': 91,
  '2025-11-25': 145,
  '2026-07-28': 154,
};

const sound = { type: 'audio', data: 'AAAA', mimeType: 'audio/wav' };
const link = { type: 'resource_link', uri: 'a:b', name: 'b' };
const answerOf = (result: object) => ({ jsonrpc: '2.0', id: 1, result });
const errorOf = (error: object) => ({ jsonrpc: '2.0', id: 1, error });
const said = (method: string, params?: object) => ({ jsonrpc: '2.0', method, params });
const saidFor = (subscription: unknown) =>
  said('notifications/tools/list_changed', {
    _meta: { 'io.modelcontextprotocol/subscriptionId': subscription },
  });

suite('the official schema', () => {
  for (const [revision, count] of Object.entries(COUNTS)) {
    test(`of ${revision} is whole`, () => {
      // The keys of COUNTS are these.
      const { definitions } = officialSchemaOf(revision as Revision);
      assert.equal(Object.keys(definitions).length, count);
    });
  }

  for (const [content, revision, fits] of [
    [sound, '2024-11-05', false],
    [sound, '2025-03-26', true],
    [link, '2025-03-26', false],
    [link, '2025-06-18', true],
  ] as const) {
    test(`of ${revision} has ${fits ? 'a' : 'no'} word for ${content.type}`, () => {
      const answer = answerOf({ content: [content] });
      if (fits) checkAnswer(revision, 'tools/call', answer);
      else assert.throws(() => checkAnswer(revision, 'tools/call', answer), assert.AssertionError);
    });
  }

  test('of 2026-07-28 wants to be told that a result is whole, and how long it may be kept', () => {
    const result = { resultType: 'complete', tools: [] };
    assert.throws(() => checkAnswer('2026-07-28', 'tools/list', answerOf(result)), /cacheScope/);
    const kept = { ...result, ttlMs: 1, cacheScope: 'private' };
    checkAnswer('2026-07-28', 'tools/list', answerOf(kept));
    const { resultType: _left, ...rest } = kept;
    assert.throws(() => checkAnswer('2026-07-28', 'tools/list', answerOf(rest)), /resultType/);
  });

  test('knows what belongs to an error', () => {
    const error = { code: -32022, message: 'no', data: { supported: [], requested: 'x' } };
    checkAnswer('2026-07-28', '', errorOf(error));
    assert.throws(
      () => checkAnswer('2026-07-28', '', errorOf({ ...error, data: {} })),
      /requested/,
    );
    assert.throws(() => checkAnswer('2025-11-25', '', errorOf({ ...error, code: 1.5 })), /integer/);
  });

  test('lets an error be without an id, and does not let the id be null', () => {
    const error = { code: -32700, message: 'no' };
    for (const revision of ['2024-11-05', '2025-06-18', '2025-11-25', '2026-07-28'] as const) {
      checkAnswer(revision, '', { jsonrpc: '2.0', error });
      assert.throws(() => checkAnswer(revision, '', { jsonrpc: '2.0', id: null, error }));
    }
  });

  test('holds the other end to its side', () => {
    checkNotification('2025-11-25', said('notifications/tools/list_changed'));
    assert.throws(() => checkNotification('2025-11-25', said('notifications/initialized')));
    checkNotification('2026-07-28', saidFor(7));
    assert.throws(() => checkNotification('2026-07-28', saidFor({})));
    const request = { ...said('roots/list'), id: 'a' };
    checkRequest('2025-11-25', request);
    assert.throws(() => checkRequest('2025-11-25', { ...request, method: 'tools/list' }));
    assert.throws(() => checkRequest('2026-07-28', request));
  });

  test('has a result for questions where they may be asked', () => {
    const asked = answerOf({ resultType: 'input_required', requestState: 'x' });
    checkAnswer('2026-07-28', 'tools/call', asked);
    assert.throws(() => checkAnswer('2026-07-28', 'tools/list', asked));
    assert.throws(() => checkAnswer('2025-11-25', 'tools/call', asked));
  });
});
