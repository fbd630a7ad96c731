import assert from 'node:assert/strict';

import { Failure, type FailureCode } from '../../../src/shared/errors.ts';

/** Whether what was thrown is a failure of that kind, and says nothing of where it comes from. */
export function isFailure(code: FailureCode) {
  return (thrown: unknown): boolean => {
    assert.ok(thrown instanceof Failure, String(thrown));
    assert.equal(thrown.code, code);
    assert.doesNotMatch(thrown.message, /postgres|redis|ECONN|syntax|invalid byte/i);
    return true;
  };
}
