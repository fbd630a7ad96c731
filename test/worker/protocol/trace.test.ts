import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { traceOf } from '../../../src/worker/protocol/trace.ts';

const TRACEPARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

suite('the trace of a request', () => {
  test('is what its _meta says', () => {
    const meta = { traceparent: TRACEPARENT, tracestate: 'a=1', baggage: 'user=ann' };
    assert.deepEqual(traceOf({ _meta: meta }), meta);
  });

  test('may have no more than a parent, or more than is to be passed on', () => {
    const trace = { traceparent: TRACEPARENT, tracestate: undefined, baggage: undefined };
    assert.deepEqual(traceOf({ _meta: { traceparent: TRACEPARENT } }), trace);
    const meta = { ...trace, tracestate: 'a'.repeat(513), baggage: 7 };
    assert.deepEqual(traceOf({ _meta: meta }), trace);
  });

  for (const [what, params] of [
    ['no _meta', {}],
    ['a text for _meta', { _meta: 'a' }],
    ['no parent', { _meta: { tracestate: 'a=1' } }],
    ['a number for a parent', { _meta: { traceparent: 1 } }],
    ['capitals', { _meta: { traceparent: TRACEPARENT.toUpperCase() } }],
    ['a version that is none', { _meta: { traceparent: TRACEPARENT.replace(/^00/, 'ff') } }],
    ['a trace of zeros', { _meta: { traceparent: `00-${'0'.repeat(32)}-00f067aa0ba902b7-01` } }],
    ['too much', { _meta: { traceparent: `${TRACEPARENT}-x` } }],
  ] as const) {
    test(`is none with ${what}`, () => {
      assert.equal(traceOf(params), undefined);
    });
  }
});
