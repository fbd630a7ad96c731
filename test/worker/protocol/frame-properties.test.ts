import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import * as fc from 'fast-check';

import {
  isRecord,
  isRequestId,
  parseFrame,
  type Single,
} from '../../../src/worker/protocol/frame.ts';
import { checkAnswer } from '../../support/check-messages.ts';
import { JSON_BOUNDS } from './json-bounds.ts';

const RUNS = { numRuns: 10_000 };

const anything = fc.jsonValue({ maxDepth: 1 });
const fields = fc.dictionary(fc.string(), anything, { maxKeys: 3 });

const id = fc.oneof(fc.string(), fc.maxSafeInteger());
const request = fc.record({
  jsonrpc: fc.constant('2.0'),
  id,
  method: fc.string(),
  params: fields,
});
/** A message of which anything may be missing, or anything else. */
const almost = fc
  .record(
    {
      jsonrpc: fc.oneof(fc.constant('2.0'), anything),
      id: fc.oneof(id, anything),
      method: fc.oneof(fc.string(), anything),
      params: fc.oneof(fields, anything),
      result: anything,
      error: fc.oneof(fc.record({ code: fc.integer(), message: fc.string() }), anything),
    },
    { requiredKeys: [] },
  )
  .map((message) => JSON.stringify(message));

/** What a frame promises, whatever it was read from. */
function look(single: Single): void {
  switch (single.kind) {
    case 'request':
      assert.ok(isRequestId(single.request.id) && isRecord(single.request.params));
      return;
    case 'notification':
      assert.ok(!('id' in single.notification) && isRecord(single.notification.params));
      return;
    case 'response':
      assert.ok(isRequestId(single.response.id));
      return;
    case 'malformed': {
      const { refusal } = single;
      if (refusal === undefined) return;
      checkAnswer('2026-07-28', '', refusal);
      assert.ok('error' in refusal && [-32_700, -32_600, -32_602].includes(refusal.error.code));
    }
  }
}

suite('a frame', () => {
  for (const [what, text] of [
    ['text', fc.string()],
    ['bytes', fc.uint8Array().map((bytes) => Buffer.from(bytes).toString())],
    ['JSON', fc.json({ maxDepth: 3 })],
    ['almost a message', almost],
    [
      'almost a batch',
      fc.array(almost, { maxLength: 3 }).map((messages) => `[${messages.join()}]`),
    ],
  ] as const) {
    test(`of any ${what} is of some kind, and what is refused is refused rightly`, () => {
      fc.assert(
        fc.property(text, (frame) => {
          const parsed = parseFrame(frame, JSON_BOUNDS);
          if (parsed.kind !== 'batch') look(parsed);
          else parsed.messages.forEach(look);
        }),
        RUNS,
      );
    });
  }

  test('of a request is that request, with what came along left behind', () => {
    fc.assert(
      fc.property(request, fields, (given, more) => {
        const text = JSON.stringify({ ...more, ...given });
        const sent: unknown = JSON.parse(JSON.stringify(given));
        assert.deepEqual(parseFrame(text, JSON_BOUNDS), { kind: 'request', request: sent });
      }),
      RUNS,
    );
  });

  test('of a notification is that notification', () => {
    fc.assert(
      fc.property(fc.string(), fields, (method, said) => {
        const notification: unknown = JSON.parse(
          JSON.stringify({ jsonrpc: '2.0', method, params: said }),
        );
        const frame = parseFrame(JSON.stringify(notification), JSON_BOUNDS);
        assert.deepEqual(frame, { kind: 'notification', notification });
      }),
      RUNS,
    );
  });

  test('of an answer is that answer', () => {
    const outcome = fc.oneof(
      fc.record({ result: fields }),
      fc.record({ error: fc.record({ code: fc.integer(), message: fc.string() }) }),
    );
    fc.assert(
      fc.property(id, outcome, (answered, given) => {
        const response: unknown = JSON.parse(
          JSON.stringify({ jsonrpc: '2.0', id: answered, ...given }),
        );
        const frame = parseFrame(JSON.stringify(response), JSON_BOUNDS);
        assert.ok(frame.kind === 'response');
        assert.deepEqual(JSON.parse(JSON.stringify(frame.response)), response);
      }),
      RUNS,
    );
  });

  test('of a batch is each of its messages, in order', () => {
    fc.assert(
      fc.property(fc.array(request, { minLength: 1, maxLength: 3 }), (requests) => {
        const texts = requests.map((each) => JSON.stringify(each));
        assert.deepEqual(parseFrame(`[${texts.join()}]`, JSON_BOUNDS), {
          kind: 'batch',
          messages: texts.map((text) => parseFrame(text, JSON_BOUNDS)),
        });
      }),
      RUNS,
    );
  });
});
