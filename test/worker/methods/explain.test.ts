import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { Failure, type FailureCode } from '../../../src/shared/errors.ts';
import { explainTo } from '../../../src/worker/methods/explain.ts';
import { RpcError } from '../../../src/worker/protocol/errors.ts';
import { recordLog } from '../recorded-log.ts';

const CODES: Readonly<Record<FailureCode, number>> = {
  invalid: -32602,
  'not-found': -32602,
  unauthorized: 401,
  forbidden: 403,
  conflict: 409,
  limited: 429,
  quarantined: 422,
  cancelled: -32603,
  timeout: 504,
  unavailable: 503,
  internal: -32603,
};

const RETRYABLE = new Set(['limited', 'unavailable']);
const LOGGED: Readonly<Partial<Record<string, string>>> = {
  internal: 'error',
  unavailable: 'warn',
};

suite('a failure', () => {
  for (const [kind, code] of Object.entries(CODES)) {
    test(`of the kind ${kind} is answered with ${code}`, () => {
      const { log, lines } = recordLog();
      const cause = new Error('password=hunter2');
      // The keys of CODES are these.
      const explained = explainTo(log)(new Failure(kind as FailureCode, 'Safe to say', { cause }));
      assert.ok(explained instanceof RpcError);
      assert.equal(explained.code, code);
      assert.equal(explained.message, 'Safe to say');
      const data = {
        kind,
        ...(kind === 'quarantined' ? { reason: kind } : {}),
        ...(RETRYABLE.has(kind) ? { retryAfterMs: 1_000 } : {}),
      };
      assert.deepEqual(explained.data, data);
      assert.deepEqual(
        lines.map(({ level, fields }) => ({ level, fields })),
        LOGGED[kind] === undefined ? [] : [{ level: LOGGED[kind], fields: { error: cause } }],
      );
    });
  }
});

test('a failure that knows better when to try again is believed', () => {
  const { data } = explainTo(recordLog().log)(
    new Failure('quarantined', 'Not now', { retryAfterMs: 60_000 }),
  );
  assert.deepEqual(data, { kind: 'quarantined', reason: 'quarantined', retryAfterMs: 60_000 });
});

suite('what is no failure', () => {
  for (const thrown of [
    new Error('hunter2'),
    new TypeError('hunter2'),
    'hunter2',
    undefined,
    null,
  ]) {
    test(`is internal, logged and withheld: ${String(thrown)}`, () => {
      const { log, lines } = recordLog();
      const { code, message, data } = explainTo(log)(thrown);
      assert.equal(code, -32603);
      assert.equal(message, 'Internal error');
      assert.deepEqual(data, { kind: 'internal' });
      assert.deepEqual(lines, [
        { level: 'error', message: 'method failed', fields: { error: thrown } },
      ]);
    });
  }

  test('is sent as it stands if it is made for the wire', () => {
    const { log, lines } = recordLog();
    const error = new RpcError(-32600, 'Not now', { a: 1 });
    assert.equal(explainTo(log)(error), error);
    assert.deepEqual(lines, []);
  });
});
