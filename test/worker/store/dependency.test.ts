import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { REFUSALS } from '../../../src/shared/crash-class.ts';
import { type Dependency, describeTrouble, probe } from '../../../src/worker/store/dependency.ts';

const SECRET = 'password=hunter2';
const coded = (code: string): Error => Object.assign(new Error(SECRET), { code });

const DRIVERS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  ETIMEDOUT: 'connection timed out',
  EHOSTUNREACH: 'host cannot be reached',
  ENETUNREACH: 'network cannot be reached',
  ENOTFOUND: 'getaddrinfo: the host is not known',
  EAI_AGAIN: 'getaddrinfo: the name server does not answer',
  '57P01': 'it is shutting down',
  '57P03': 'it is starting up',
  '53300': 'it has too many connections',
  '28P01': 'password authentication failed',
  '28000': 'the user may not connect',
  '3D000': 'the database does not exist',
  '42501': 'the user has not enough rights',
};
const REDIS: Readonly<Record<string, string>> = {
  WRONGPASS: 'user or password is wrong',
  NOAUTH: 'it asks for a password',
  NOPERM: 'the user has not enough rights',
  LOADING: 'it is loading its data',
};
const TEXTS: readonly (readonly [string, string, string])[] = [
  [
    'SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string',
    'NO_PASSWORD',
    'it asks for a password, and there is none',
  ],
  ['timeout expired', 'TIMEOUT', 'no answer in time'],
  ['timeout exceeded when trying to connect', 'TIMEOUT', 'no answer in time'],
  ['Connection timeout', 'TIMEOUT', 'no answer in time'],
  ['Command timed out', 'TIMEOUT', 'no answer in time'],
  ['Connection terminated unexpectedly', 'CLOSED', 'the connection was closed'],
  ['Connection terminated', 'CLOSED', 'the connection was closed'],
  ['Connection is closed.', 'CLOSED', 'the connection was closed'],
  [
    "Stream isn't writeable and enableOfflineQueue options is false",
    'CLOSED',
    'the connection was closed',
  ],
];

/** A dependency that answers with what a driver throws, if it does. */
function dependencyOf(ask: () => Promise<unknown>): Dependency {
  return { name: 'postgres', required: true, address: 'h:1', variable: 'DATABASE_URL', ask };
}

suite('what is wrong with a dependency', () => {
  for (const [code, message] of Object.entries(DRIVERS)) {
    test(`is said in words of ours for ${code}`, () => {
      const crashClass = REFUSALS.has(code) ? 'dep_auth' : 'dep_unreachable';
      assert.deepEqual(describeTrouble(coded(code)), { class: crashClass, code, message });
    });
  }

  for (const [word, message] of Object.entries(REDIS)) {
    test(`is known by the first word that Redis says: ${word}`, () => {
      const crashClass = word === 'LOADING' ? 'dep_unreachable' : 'dep_auth';
      const found = describeTrouble(new Error(`${word} ${SECRET}`));
      assert.deepEqual(found, { class: crashClass, code: word, message });
    });
  }

  for (const [text, code, message] of TEXTS) {
    test(`is known by the text "${text}"`, () => {
      const crashClass = code === 'NO_PASSWORD' ? 'dep_auth' : 'dep_unreachable';
      assert.deepEqual(describeTrouble(new Error(text)), { class: crashClass, code, message });
    });
  }

  test('that no waiting mends is a refusal, whoever says so', () => {
    for (const code of REFUSALS) {
      assert.equal(describeTrouble(coded(code)).class, 'dep_auth', code);
    }
  });

  test('is found in an error that holds one for each address tried', () => {
    const errors = [new Error(SECRET), coded('ECONNREFUSED'), coded('ECONNREFUSED')];
    assert.equal(describeTrouble(new AggregateError(errors, '')).code, 'ECONNREFUSED');
  });

  test('that nobody foresaw is said without a word of the driver', () => {
    for (const [thrown, code] of [
      [new Error(SECRET), 'Error'],
      [new TypeError(SECRET), 'TypeError'],
      [SECRET, 'unknown'],
      [undefined, 'unknown'],
    ] as const) {
      assert.deepEqual(describeTrouble(thrown), {
        class: 'dep_unreachable',
        code,
        message: 'it does not answer as it should',
      });
    }
  });
});

suite('a probe', () => {
  test('says where it asked, and how long the answer took', async () => {
    const report = await probe(
      dependencyOf(async () => 1),
      1_000,
    );
    const { latencyMs, ...rest } = report;
    assert.ok(latencyMs !== undefined && latencyMs >= 0 && latencyMs < 1_000);
    assert.partialDeepStrictEqual(rest, {
      name: 'postgres',
      required: true,
      address: 'h:1',
      status: 'up',
      class: undefined,
      code: undefined,
      message: undefined,
    });
  });

  test('says what is wrong, and nothing that the driver said', async () => {
    const report = await probe(
      dependencyOf(() => Promise.reject(coded('28P01'))),
      1_000,
    );
    assert.partialDeepStrictEqual(report, {
      status: 'down',
      class: 'dep_auth',
      code: '28P01',
      message: 'password authentication failed',
      latencyMs: undefined,
    });
    assert.doesNotMatch(JSON.stringify(report), /hunter2/);
  });

  test('counts one that accepts and never answers as too late', async () => {
    const keptAlive = setTimeout(() => undefined, 10_000);
    const report = await probe(
      dependencyOf(() => new Promise(() => undefined)),
      20,
    );
    clearTimeout(keptAlive);
    assert.partialDeepStrictEqual(report, {
      status: 'down',
      class: 'dep_unreachable',
      code: 'TIMEOUT',
      message: 'no answer in time',
    });
  });
});
