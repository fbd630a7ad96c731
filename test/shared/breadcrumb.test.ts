import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import * as fc from 'fast-check';

import {
  BREADCRUMB_BYTES,
  BREADCRUMBS_MAX,
  decodeBreadcrumbs,
  encodeBreadcrumb,
  NO_BREADCRUMB,
} from '../../src/shared/breadcrumb.ts';

const first = { tool: 'paint', fingerprint: '00112233aabbccdd', startedAt: 1_000 };
const second = { tool: 'saw', fingerprint: 'ffeeddccbbaa9988', startedAt: 2_000 };

suite('breadcrumbs', () => {
  test('are 256 bytes each, for the longest name of a tool too', () => {
    const longest = encodeBreadcrumb({ ...first, tool: 'n'.repeat(64), startedAt: Date.now() });
    assert.equal(longest.length, BREADCRUMB_BYTES);
    assert.equal(decodeBreadcrumbs(longest)[0]?.tool, 'n'.repeat(64));
    assert.equal(NO_BREADCRUMB.length, BREADCRUMB_BYTES);
  });

  test('are read back with the oldest first, and empty places are passed over', () => {
    const hole = Buffer.alloc(BREADCRUMB_BYTES);
    const file = [encodeBreadcrumb(second), NO_BREADCRUMB, hole, encodeBreadcrumb(first)];
    assert.deepEqual(decodeBreadcrumbs(Buffer.concat(file)), [
      { tool: 'paint', fingerprint: first.fingerprint },
      { tool: 'saw', fingerprint: second.fingerprint },
    ]);
  });

  test('hold nothing else of a call', () => {
    const call = { ...first, given: { password: 'hunter2' } };
    assert.doesNotMatch(encodeBreadcrumb(call).toString(), /hunter2/);
  });

  test('are passed over if they are torn, wherever that is', () => {
    const whole = encodeBreadcrumb(first);
    const end = whole.indexOf('}') + 1;
    for (let at = 1; at < end; at += 1) {
      const torn = Buffer.concat([whole.subarray(0, at), NO_BREADCRUMB.subarray(at)]);
      const file = Buffer.concat([torn, encodeBreadcrumb(second)]);
      assert.deepEqual(decodeBreadcrumbs(file).length, 1, String(at));
    }
  });

  test('are none in a file of anything else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2_000 }), (bytes) => {
        assert.deepEqual(decodeBreadcrumbs(Buffer.from(bytes)), []);
      }),
    );
    assert.deepEqual(decodeBreadcrumbs(Buffer.alloc(0)), []);
  });

  test(`are read from ${BREADCRUMBS_MAX} places at most`, () => {
    const file = Buffer.concat(
      Array.from({ length: BREADCRUMBS_MAX + 1 }, () => encodeBreadcrumb(first)),
    );
    assert.equal(decodeBreadcrumbs(file).length, BREADCRUMBS_MAX);
  });
});
