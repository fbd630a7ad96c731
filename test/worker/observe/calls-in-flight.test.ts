import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';

import { BREADCRUMBS_MAX } from '../../../src/shared/breadcrumb.ts';
import { Failure } from '../../../src/shared/errors.ts';
import { fingerprintOf } from '../../../src/shared/fingerprint.ts';
import type { FromWorker } from '../../../src/shared/ipc.ts';
import { readBreadcrumbs } from '../../../src/supervisor/poison/breadcrumb-folder.ts';
import { Breadcrumbs } from '../../../src/worker/observe/breadcrumbs.ts';
import { CallsInFlight } from '../../../src/worker/observe/calls-in-flight.ts';

const folder = mkdtempSync(join(tmpdir(), 'holdfast-'));
after(() => {
  rmSync(folder, { recursive: true });
});

const given = { colour: 'blue' };
const paint = { tool: 'paint', fingerprint: fingerprintOf('tools/call', 'paint', given) };
const saw = { tool: 'saw', fingerprint: fingerprintOf('tools/call', 'saw', {}) };
const isQuarantined = (thrown: unknown): boolean =>
  thrown instanceof Failure && thrown.code === 'quarantined';

let opened = 0;

function open(path = join(folder, String((opened += 1)))) {
  const told: FromWorker[] = [];
  const failures: unknown[] = [];
  const breadcrumbs = new Breadcrumbs(path, (error) => failures.push(error));
  const calls = new CallsInFlight({ breadcrumbs, tell: (message) => told.push(message) });
  return { calls, told, failures, path, left: () => readBreadcrumbs(path) };
}

/** A call that runs until it is told to end. */
function start(calls: CallsInFlight, tool: string, args: unknown) {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  return { over: calls.run(tool, args, () => promise), end: resolve, fail: reject };
}

suite('breadcrumbs', () => {
  test('are not left unless they are switched on', async () => {
    const { calls, path } = open();
    await calls.run('paint', given, async () => {
      assert.equal(statSync(path, { throwIfNoEntry: false }), undefined);
    });
  });

  test('are there before a call runs, and gone when it is over', async () => {
    const { calls, left, path } = open();
    calls.leaveBreadcrumbs(true);
    await calls.run('paint', given, async () => {
      assert.deepEqual(left(), [paint]);
      assert.equal(statSync(path).mode & 0o777, 0o600);
    });
    assert.deepEqual(left(), []);
    await assert.rejects(calls.run('paint', given, () => Promise.reject(new Error('failed'))));
    assert.deepEqual(left(), []);
  });

  test('are left by those who run already, and stay no longer than they', async () => {
    const { calls, left } = open();
    const running = start(calls, 'paint', given);
    calls.leaveBreadcrumbs(true);
    calls.leaveBreadcrumbs(true);
    assert.deepEqual(left(), [paint]);
    calls.leaveBreadcrumbs(false);
    running.end();
    await running.over;
    assert.deepEqual(left(), []);
  });

  test(`are left by ${BREADCRUMBS_MAX} calls at once; those beyond run without`, async () => {
    const { calls, left, path } = open();
    calls.leaveBreadcrumbs(true);
    const running = Array.from({ length: BREADCRUMBS_MAX + 1 }, (_, n) => start(calls, 'saw', n));
    assert.equal(left().length, BREADCRUMBS_MAX);
    for (const { end } of running) end();
    await Promise.all(running.map(({ over }) => over));
    assert.deepEqual(left(), []);
    await calls.run('saw', {}, async () => {
      assert.deepEqual(left(), [saw]);
    });
    assert.equal(statSync(path).size, BREADCRUMBS_MAX * 256);
  });

  test('that cannot be written are given up, and calls go on', async () => {
    const { calls, failures } = open(join(folder, 'no', 'such', 'folder'));
    calls.leaveBreadcrumbs(true);
    assert.equal(await calls.run('paint', given, async () => 1), 1);
    assert.equal(await calls.run('paint', given, async () => 2), 2);
    assert.equal(failures.length, 1);
  });

  test('are left nowhere if there is no place for them', async () => {
    const calls = new CallsInFlight({ breadcrumbs: undefined, tell: () => undefined });
    calls.leaveBreadcrumbs(true);
    assert.equal(await calls.run('paint', given, async () => 1), 1);
  });
});

suite('calls in flight', () => {
  test('are known, the oldest first, until they are over', async () => {
    const { calls } = open();
    const running = [start(calls, 'paint', given), start(calls, 'saw', {})];
    assert.deepEqual(calls.suspects(), [paint, saw]);
    for (const { end } of running) end();
    await Promise.all(running.map(({ over }) => over));
    assert.deepEqual(calls.suspects(), []);
  });

  test('are named 64 at most: a message is bounded', async () => {
    const { calls } = open();
    const running = Array.from({ length: 65 }, (_, n) => start(calls, 'saw', n));
    assert.equal(calls.suspects().length, 64);
    for (const { end } of running) end();
    await Promise.all(running.map(({ over }) => over));
  });

  test('are only the one whose code asks, even after it was answered', async () => {
    const { calls } = open();
    const other = start(calls, 'saw', {});
    const later = Promise.withResolvers<unknown>();
    await calls.run('paint', given, async () => {
      setImmediate(() => {
        later.resolve(calls.suspects());
      });
    });
    assert.deepEqual(await later.promise, [paint]);
    other.end();
    await other.over;
  });
});

suite('a call under quarantine', () => {
  test('is refused, and its work is not begun', async () => {
    const { calls, told } = open();
    calls.quarantine([{ ...paint, state: 'refused', forMs: 60_000 }]);
    await assert.rejects(
      calls.run('paint', given, async () => assert.fail('It began')),
      isQuarantined,
    );
    assert.equal(await calls.run('paint', { colour: 'red' }, async () => 1), 1);
    assert.deepEqual(told, []);
    assert.deepEqual(calls.suspects(), []);
    calls.quarantine([]);
    assert.equal(await calls.run('paint', given, async () => 2), 2);
  });

  test('on trial is told of before it runs, leaves a breadcrumb, and one runs at a time', async () => {
    const { calls, told, left } = open();
    calls.quarantine([{ ...paint, state: 'on-trial', forMs: 60_000 }]);
    const { fingerprint } = paint;
    const begun = { type: 'trial', fingerprint, outcome: 'begun' };
    await calls.run('paint', given, async () => {
      assert.deepEqual(told, [begun]);
      assert.deepEqual(left(), [paint]);
      await assert.rejects(
        calls.run('paint', given, async () => undefined),
        isQuarantined,
      );
      await calls.run('saw', {}, async () => {
        assert.deepEqual(left(), [paint]);
      });
    });
    assert.deepEqual(told, [begun, { ...begun, outcome: 'survived' }]);
    assert.deepEqual(left(), []);
    await calls.run('paint', given, async () => undefined);
    assert.equal(told.length, 4);
  });

  test('on trial is survived whatever it throws, unless it was cancelled', async () => {
    const { calls, told } = open();
    calls.quarantine([{ ...paint, state: 'on-trial', forMs: 60_000 }]);
    for (const error of [new Error('failed'), new Failure('timeout', 'Too long')]) {
      // One after the other is the point.
      // oxlint-disable-next-line no-await-in-loop -- see above
      await assert.rejects(
        calls.run('paint', given, () => Promise.reject(error)),
        error,
      );
    }
    assert.equal(told.length, 4);
    const cancelled = new Failure('cancelled', 'Cancelled');
    await assert.rejects(
      calls.run('paint', given, () => Promise.reject(cancelled)),
      cancelled,
    );
    assert.equal(told.length, 5);
    await calls.run('paint', given, async () => undefined);
    assert.equal(told.length, 7);
  });
});
