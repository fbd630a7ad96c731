import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { LOG_LEVELS } from '../../../src/worker/domain/log-level.ts';
import {
  claimOf,
  findImplementation,
  MetaKey,
  parseEnvelope,
} from '../../../src/worker/protocol/era.ts';
import { RpcError } from '../../../src/worker/protocol/errors.ts';

const WHOLE = {
  [MetaKey.protocolVersion]: '2026-07-28',
  [MetaKey.clientCapabilities]: { roots: {} },
};
const CLIENT = { name: 'test', version: '1' };

/** What an envelope is refused with. */
function refusalOf(meta: unknown): RpcError {
  try {
    parseEnvelope({ _meta: meta });
  } catch (error) {
    assert.ok(error instanceof RpcError);
    return error;
  }
  throw new Error('It was not refused');
}

suite('an envelope', () => {
  test('that is whole says what there is to say', () => {
    const meta = { ...WHOLE, [MetaKey.clientInfo]: CLIENT, [MetaKey.logLevel]: 'debug' };
    assert.deepEqual(parseEnvelope({ _meta: { ...meta, traceparent: 'x', other: [] } }), {
      revision: '2026-07-28',
      capabilities: { roots: {} },
      client: CLIENT,
      logLevel: 'debug',
    });
  });

  test('need not say who sends it, nor what it wants to hear', () => {
    assert.deepEqual(parseEnvelope({ _meta: WHOLE }), {
      revision: '2026-07-28',
      capabilities: { roots: {} },
      client: undefined,
      logLevel: undefined,
    });
  });

  for (const level of LOG_LEVELS) {
    test(`may ask for what is of the level ${level}`, () => {
      const { logLevel } = parseEnvelope({ _meta: { ...WHOLE, [MetaKey.logLevel]: level } });
      assert.equal(logLevel, level);
    });
  }

  for (const [key, values] of [
    [MetaKey.protocolVersion, [undefined, null, 20_260_728, {}, ['2026-07-28'], true]],
    [MetaKey.clientCapabilities, [undefined, null, [], 'roots', 7, true]],
    [MetaKey.clientInfo, [null, [], 'me', 7, {}, { name: 'a' }, { name: 'a', version: 1 }]],
    [MetaKey.logLevel, [null, '', 'warn', 'INFO', 7, {}, ['info'], '__proto__']],
  ] as const) {
    for (const value of values) {
      test(`is refused with -32602 where ${key} is ${JSON.stringify(value)}`, () => {
        const { code, message, data } = refusalOf({ ...WHOLE, [key]: value });
        assert.equal(code, -32_602);
        assert.ok(message.includes(key), message);
        assert.equal(data, undefined);
      });
    }
  }

  for (const meta of [undefined, null, [], 'x', 7, {}]) {
    test(`is refused with -32602 where _meta is ${JSON.stringify(meta)}`, () => {
      assert.equal(refusalOf(meta).code, -32_602);
    });
  }

  for (const requested of ['2025-11-25', '2026-07-27', '2027-01-01', '', 'v999', ' 2026-07-28']) {
    test(`of the revision "${requested}" is refused with what is spoken`, () => {
      const { code, data } = refusalOf({ ...WHOLE, [MetaKey.protocolVersion]: requested });
      assert.equal(code, -32_022);
      assert.deepEqual(data, { supported: ['2026-07-28'], requested });
    });
  }

  test('that is not whole is refused as such, whatever its revision', () => {
    assert.equal(refusalOf({ [MetaKey.protocolVersion]: 'v999' }).code, -32_602);
    const { [MetaKey.clientCapabilities]: _left, ...rest } = WHOLE;
    assert.equal(refusalOf({ ...rest, [MetaKey.logLevel]: 'none' }).code, -32_602);
  });
});

suite('a claim', () => {
  for (const claim of ['2026-07-28', 'v999', '', null, 0, false, {}]) {
    test(`to be modern is whatever is there: ${JSON.stringify(claim)}`, () => {
      assert.deepEqual(claimOf({ _meta: { [MetaKey.protocolVersion]: claim } }), claim);
    });
  }

  for (const params of [
    {},
    { _meta: null },
    { _meta: [] },
    { _meta: {} },
    { _meta: { protocolVersion: '2026-07-28' } },
    { [MetaKey.protocolVersion]: '2026-07-28' },
  ]) {
    test(`is not made by ${JSON.stringify(params)}`, () => {
      assert.equal(claimOf(params), undefined);
    });
  }
});

suite('a program', () => {
  for (const [given, found] of [
    [{ ...CLIENT, title: 'Test', extra: 1 }, CLIENT],
    [
      { name: '', version: '' },
      { name: '', version: '' },
    ],
    [
      { name: 'n'.repeat(201), version: 'v'.repeat(5_000) },
      { name: 'n'.repeat(200), version: 'v'.repeat(200) },
    ],
    [{ name: 'a' }, undefined],
    [{ name: 1, version: '1' }, undefined],
    ['a', undefined],
    [null, undefined],
    [[CLIENT], undefined],
  ] as const) {
    test(`is ${found ? 'found' : 'not found'} in ${JSON.stringify(given).slice(0, 60)}`, () => {
      assert.deepEqual(findImplementation(given), found);
    });
  }
});
