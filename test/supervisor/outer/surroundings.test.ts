import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { Failure } from '../../../src/shared/errors.ts';
import { exitCodeOf } from '../../../src/shared/exit-codes.ts';
import { findSurroundings } from '../../../src/supervisor/outer/surroundings.ts';

const FACTS = { pid: 42, isClusterWorker: false, isContainer: false };

function watchdogMsOf(WATCHDOG_USEC: string): number | undefined {
  return findSurroundings({ WATCHDOG_USEC, WATCHDOG_PID: '42' }, FACTS).watchdogMs;
}

suite('surroundings', () => {
  for (const [env, isContainer, kind] of [
    [{}, false, 'none'],
    [{}, true, 'docker'],
    [{ KUBERNETES_SERVICE_HOST: '10.0.0.1' }, true, 'kubernetes'],
    [{ INVOCATION_ID: 'a' }, false, 'systemd'],
    [{ INVOCATION_ID: 'a', SYSTEMD_EXEC_PID: '42' }, false, 'systemd'],
    [{ NOTIFY_SOCKET: '/run/systemd/notify' }, true, 'systemd'],
    [{ pm_id: '0', INVOCATION_ID: 'a' }, true, 'pm2'],
  ] as const) {
    test(`${JSON.stringify(env)} is ${kind}${isContainer ? ' in a container' : ''}`, () => {
      assert.equal(findSurroundings(env, { ...FACTS, isContainer }).kind, kind);
    });
  }

  test('a terminal that inherits from a unit of systemd is no unit', () => {
    const env = {
      INVOCATION_ID: 'a',
      SYSTEMD_EXEC_PID: '7',
      WATCHDOG_USEC: '1',
      WATCHDOG_PID: '7',
    };
    const { kind, watchdogMs } = findSurroundings(env, FACTS);
    assert.deepEqual([kind, watchdogMs], ['none', undefined]);
  });

  test('the watchdog is read in milliseconds, if it is one', () => {
    assert.equal(watchdogMsOf('30000000'), 30_000);
    for (const odd of ['0', '-1', 'soon', '']) assert.equal(watchdogMsOf(odd), undefined);
  });

  test('process 1 knows that it is', () => {
    assert.equal(findSurroundings({}, { ...FACTS, pid: 1 }).isPid1, true);
    assert.equal(findSurroundings({}, FACTS).isPid1, false);
  });

  test("a worker of another cluster ends with 78, and says what to write into pm2's file", () => {
    assert.throws(
      () => findSurroundings({ pm_id: '0' }, { ...FACTS, isClusterWorker: true }),
      (error) =>
        error instanceof Failure &&
        exitCodeOf(error) === 78 &&
        error.crashClass === 'config' &&
        (error.remedy ?? '').startsWith('Set "exec_mode": "fork" and "instances": 1'),
    );
  });
});
