import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { Outer } from '../../../src/supervisor/outer/outer.ts';
import type { Notification } from '../../../src/supervisor/outer/sd-notify.ts';
import type { Surroundings } from '../../../src/supervisor/outer/surroundings.ts';

const SYSTEMD: Surroundings = {
  kind: 'systemd',
  isPid1: false,
  notifySocket: '/run/systemd/notify',
  watchdogMs: 30_000,
};

function listen(surroundings: Surroundings) {
  const clock = { ms: 1_000 };
  const toSystemd: Notification[] = [];
  const toPm2: string[] = [];
  const outer = new Outer({
    surroundings,
    notify: (notification) => toSystemd.push(notification),
    sendToPm2: (message) => toPm2.push(message),
    now: () => clock.ms,
  });
  return { outer, clock, toSystemd, toPm2 };
}

suite('what stands outside', () => {
  test('systemd hears what it asks for, in its own units', () => {
    const { outer, toSystemd, toPm2 } = listen(SYSTEMD);
    outer.extend(60_000);
    outer.ready();
    outer.reloading();
    outer.ready();
    outer.stopping();
    assert.deepEqual(toSystemd, [
      { EXTEND_TIMEOUT_USEC: '60000000' },
      { READY: '1' },
      { RELOADING: '1', MONOTONIC_USEC: '1000000' },
      { READY: '1' },
      { STOPPING: '1' },
    ]);
    assert.deepEqual(toPm2, []);
  });

  test('a status is one line of bounded length, and said when it changes', () => {
    const { outer, toSystemd } = listen(SYSTEMD);
    outer.status('RUNNING: 4 of 4\r\nREADY=1');
    outer.status('RUNNING: 4 of 4\nREADY=1');
    outer.status('x'.repeat(1_000));
    assert.deepEqual(toSystemd, [
      { STATUS: 'RUNNING: 4 of 4 READY=1' },
      { STATUS: 'x'.repeat(200) },
    ]);
  });

  test('an extension is said again once half of it is over', () => {
    const { outer, clock, toSystemd } = listen(SYSTEMD);
    for (const ms of [0, 1_000, 29_999, 30_000, 31_000]) {
      clock.ms = ms;
      outer.extend(60_000);
    }
    outer.extend(600_000);
    assert.equal(toSystemd.length, 3);
  });

  test('the watchdog is fed twice within its time, as long as somebody looks after the workers', () => {
    const { outer, clock, toSystemd } = listen(SYSTEMD);
    for (; clock.ms < 61_000; clock.ms += 1_000) outer.alive();
    assert.deepEqual(
      toSystemd,
      Array.from({ length: 4 }, () => ({ WATCHDOG: '1' })),
    );
  });

  test('the watchdog is fed once a second at most', () => {
    const { outer, clock, toSystemd } = listen({ ...SYSTEMD, watchdogMs: 100 });
    for (; clock.ms < 3_000; clock.ms += 100) outer.alive();
    assert.equal(toSystemd.length, 2);
  });

  test('pm2 hears that we are ready, once, and nothing else', () => {
    const { outer, toSystemd, toPm2 } = listen({
      kind: 'pm2',
      isPid1: false,
      notifySocket: undefined,
      watchdogMs: undefined,
    });
    outer.status('BOOTING');
    outer.ready();
    outer.reloading();
    outer.ready();
    outer.alive();
    outer.stopping();
    assert.deepEqual([toSystemd, toPm2], [[], ['ready']]);
  });

  test('a parent of another kind hears nothing on its channel', () => {
    const { outer, toPm2 } = listen({ ...SYSTEMD, kind: 'none' });
    outer.ready();
    assert.deepEqual(toPm2, []);
  });
});
