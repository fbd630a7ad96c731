import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import {
  CRASH_CLASSES,
  type CrashClass,
  crashClassOf,
  REFUSALS,
} from '../../src/shared/crash-class.ts';
import { Failure, type FailureCode } from '../../src/shared/errors.ts';

const coded = (code: string): Error => Object.assign(new Error('it failed'), { code });

const CODES: Readonly<Record<string, CrashClass>> = {
  MODULE_NOT_FOUND: 'missing_module',
  ERR_MODULE_NOT_FOUND: 'missing_module',
  ERR_DLOPEN_FAILED: 'missing_module',
  EADDRINUSE: 'port_in_use',
  EMFILE: 'resource',
  ENFILE: 'resource',
  EAGAIN: 'resource',
  ENOMEM: 'resource',
};
const FAILURES: Readonly<Record<FailureCode, CrashClass>> = {
  invalid: 'config',
  unavailable: 'dep_unreachable',
  conflict: 'port_in_use',
  unauthorized: 'uncaught',
  forbidden: 'uncaught',
  'not-found': 'uncaught',
  limited: 'uncaught',
  cancelled: 'uncaught',
  timeout: 'uncaught',
  quarantined: 'uncaught',
  internal: 'uncaught',
};

suite('the class of an error', () => {
  for (const [code, crashClass] of Object.entries(CODES)) {
    test(`is ${crashClass} for ${code}, also as the cause of another`, () => {
      assert.equal(crashClassOf(coded(code)), crashClass);
      const middle = new Error('tools cannot be loaded', { cause: coded(code) });
      assert.equal(crashClassOf(new Failure('invalid', 'no', { cause: middle })), crashClass);
    });
  }

  test('is dep_auth when a dependency refuses us', () => {
    for (const code of REFUSALS) assert.equal(crashClassOf(coded(code)), 'dep_auth', code);
  });

  // The table has every code of a failure, and Object.entries widens its keys.
  for (const [code, crashClass] of Object.entries(FAILURES) as [FailureCode, CrashClass][]) {
    test(`is ${crashClass} for a failure that is "${code}"`, () => {
      assert.equal(crashClassOf(new Failure(code, 'it failed')), crashClass);
    });
  }

  test('is what a failure says it is, whatever caused it', () => {
    for (const crashClass of CRASH_CLASSES) {
      const failure = new Failure('invalid', 'no', { crashClass, cause: coded('EADDRINUSE') });
      assert.equal(crashClassOf(failure), crashClass);
    }
  });

  test('is found among several errors at once', () => {
    const several = new AggregateError([new Error('x'), coded('EMFILE')], '');
    assert.equal(crashClassOf(several), 'resource');
  });

  test('is uncaught for whatever else was thrown', () => {
    for (const thrown of [new TypeError('x'), coded('EWHATEVER'), 'text', null, undefined, {}]) {
      assert.equal(crashClassOf(thrown), 'uncaught');
    }
  });
});
