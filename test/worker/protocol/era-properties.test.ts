import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import * as fc from 'fast-check';

import { LOG_LEVELS } from '../../../src/worker/domain/log-level.ts';
import { claimOf, MetaKey, parseEnvelope } from '../../../src/worker/protocol/era.ts';
import { RpcError } from '../../../src/worker/protocol/errors.ts';
import { refusalOf } from '../../../src/worker/protocol/frame.ts';
import { checkAnswer } from '../../support/check-messages.ts';

const RUNS = { numRuns: 10_000 };

const anything = fc.jsonValue({ maxDepth: 1 });
const fields = fc.dictionary(fc.string(), anything, { maxKeys: 3 });

const program = fc.record({ name: fc.string(), version: fc.string() });
const envelope = fc.record(
  {
    [MetaKey.protocolVersion]: fc.constant('2026-07-28'),
    [MetaKey.clientCapabilities]: fields,
    [MetaKey.clientInfo]: program,
    [MetaKey.logLevel]: fc.constantFrom(...LOG_LEVELS),
    progressToken: fc.oneof(fc.string(), fc.integer()),
  },
  { requiredKeys: [MetaKey.protocolVersion, MetaKey.clientCapabilities] },
);
/** An envelope of which anything may be missing, or anything else. */
const almost = fc.oneof(
  anything,
  fc.record(
    {
      [MetaKey.protocolVersion]: fc.oneof(fc.constant('2026-07-28'), fc.string(), anything),
      [MetaKey.clientCapabilities]: fc.oneof(fields, anything),
      [MetaKey.clientInfo]: fc.oneof(program, anything),
      [MetaKey.logLevel]: fc.oneof(fc.constantFrom(...LOG_LEVELS), anything),
    },
    { requiredKeys: [] },
  ),
);

suite('an envelope', () => {
  test('is read, or refused rightly, whatever it is', () => {
    fc.assert(
      fc.property(almost, (meta) => {
        try {
          const { revision } = parseEnvelope({ _meta: meta });
          assert.equal(revision, '2026-07-28');
          assert.equal(claimOf({ _meta: meta }), revision);
        } catch (error) {
          assert.ok(error instanceof RpcError, String(error));
          assert.ok([-32_602, -32_022].includes(error.code));
          checkAnswer('2026-07-28', '', refusalOf(1, error));
        }
      }),
      RUNS,
    );
  });

  test('that is whole is read as it was written, whatever else is in _meta', () => {
    fc.assert(
      fc.property(envelope, fields, (meta, more) => {
        const read = parseEnvelope({ _meta: { ...more, ...meta } });
        assert.equal(read.capabilities, meta[MetaKey.clientCapabilities]);
        assert.equal(read.client === undefined, !(MetaKey.clientInfo in meta));
        assert.ok((read.client?.name.length ?? 0) <= 200);
        assert.equal(read.logLevel, meta[MetaKey.logLevel]);
      }),
      RUNS,
    );
  });

  test('is claimed by whatever stands where the revision should', () => {
    fc.assert(
      fc.property(anything, (claim) => {
        const params = { _meta: { [MetaKey.protocolVersion]: claim } };
        assert.equal(claimOf(params), claim);
        if (claim === '2026-07-28') return;
        assert.throws(() => parseEnvelope(params), RpcError);
      }),
      RUNS,
    );
  });
});
