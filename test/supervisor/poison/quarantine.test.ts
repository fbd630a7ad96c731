import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { IPC_BYTES_MAX } from '../../../src/shared/ipc.ts';
import {
  CALLS_REMEMBERED_MAX,
  SUSPECTS_MAX,
} from '../../../src/supervisor/poison/crashes-remembered.ts';
import { QUARANTINED_MAX, Quarantine } from '../../../src/supervisor/poison/quarantine.ts';

const QUARANTINE_MS = 900_000;
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

const callOf = (name: string) => ({ tool: `${name}_tool`, fingerprint: name });
const callsOf = (...names: readonly string[]) => names.map(callOf);
const namesOf = (calls: readonly { fingerprint: string }[]) =>
  calls.map(({ fingerprint }) => fingerprint);

function open() {
  const events: string[] = [];
  const quarantine = new Quarantine({
    quarantineMs: QUARANTINE_MS,
    onEvent: (event) => {
      const { type, fingerprint } = event;
      events.push(`${type} ${fingerprint}${'forMs' in event ? ` ${event.forMs}` : ''}`);
    },
  });
  /** Records crashes, one each minute, and returns what each brought under quarantine. */
  const crash = (...crashes: readonly (readonly string[])[]) =>
    crashes.map((names, index) => namesOf(quarantine.record(callsOf(...names), index * MINUTE_MS)));
  return { quarantine, events, crash };
}

/** A quarantine with one call in it, since the time 1000. */
function openWithPoison() {
  const opened = open();
  opened.quarantine.record(callsOf('poison'), 0);
  opened.quarantine.record(callsOf('poison'), 1_000);
  opened.events.length = 0;
  return opened;
}

suite('a call is blamed', () => {
  test('when it was in flight in two crashes', () => {
    const { quarantine, events, crash } = open();
    assert.deepEqual(crash(['poison', 'a'], ['b', 'poison']), [[], ['poison']]);
    assert.deepEqual(events, [`call_quarantined poison ${QUARANTINE_MS}`]);
    assert.deepEqual(quarantine.forWorkers(MINUTE_MS + 1), [
      { ...callOf('poison'), state: 'refused', forMs: QUARANTINE_MS - 1 },
    ]);
    assert.deepEqual(quarantine.snapshot(), [
      {
        ...callOf('poison'),
        state: 'refused',
        since: MINUTE_MS,
        until: MINUTE_MS + QUARANTINE_MS,
        crashes: 2,
      },
    ]);
  });

  test('only if the crashes lie ten minutes apart at most', () => {
    const { quarantine } = open();
    quarantine.record(callsOf('a'), 0);
    assert.deepEqual(quarantine.record(callsOf('a'), 10 * MINUTE_MS + 1), []);
    assert.deepEqual(namesOf(quarantine.record(callsOf('a'), 20 * MINUTE_MS + 1)), ['a']);
  });

  test('not for two calls of its kind in one crash', () => {
    assert.deepEqual(open().crash(['a', 'a']), [[]]);
  });

  test('not for crashes in which nothing ran', () => {
    assert.deepEqual(open().crash([], [], []), [[], [], []]);
  });

  test('together with all that ran beside it both times, for nothing tells them apart', () => {
    assert.deepEqual(open().crash(['a', 'b', 'c'], ['b', 'a', 'd']), [[], ['a', 'b']]);
  });

  test('and those that ran beside it are not, once its crashes are explained', () => {
    const { crash } = open();
    assert.deepEqual(crash(['poison', 'common'], ['poison'], ['common', 'a']), [
      [],
      ['poison'],
      [],
    ]);
  });

  test('and those that run beside it while it is under quarantine are not', () => {
    const { crash } = open();
    const crashes = [['poison'], ['poison'], ['poison', 'common'], ['poison', 'common']];
    assert.deepEqual(crash(...crashes), [[], ['poison'], ['poison'], ['poison']]);
  });

  test(`alone, when it is in all crashes, and over ${SUSPECTS_MAX} others in some`, () => {
    const crowd = Array.from({ length: SUSPECTS_MAX }, (_, index) => `busy${index}`);
    const { crash } = open();
    assert.deepEqual(crash(['poison', ...crowd], ['poison', ...crowd], ['poison', 'busy0']), [
      [],
      [],
      ['poison', 'busy0'],
    ]);
    assert.deepEqual(
      open().crash(['poison', ...crowd], ['poison', ...crowd], ['poison', 'other']),
      [[], [], ['poison']],
    );
  });
});

suite('a crash is explained', () => {
  test('by a call under quarantine, and by no other', () => {
    const { quarantine } = openWithPoison();
    assert.equal(quarantine.isPoison(callsOf('a', 'poison')), true);
    assert.equal(quarantine.isPoison(callsOf('a')), false);
    assert.equal(quarantine.isPoison([]), false);
  });

  test('by a call that had begun before workers knew: it is refused anew, for the same time', () => {
    const { quarantine, events } = openWithPoison();
    assert.deepEqual(namesOf(quarantine.record(callsOf('poison'), 5_000)), ['poison']);
    assert.deepEqual(events, [`call_quarantined poison ${QUARANTINE_MS}`]);
    assert.equal(quarantine.nextDeadline, 5_000 + QUARANTINE_MS);
    assert.equal(quarantine.snapshot()[0]?.crashes, 3);
  });
});

suite('a call under quarantine', () => {
  const trialAt = 1_000 + QUARANTINE_MS;

  test('comes on trial when its time is over, for as long again', () => {
    const { quarantine, events } = openWithPoison();
    quarantine.advance(trialAt - 1);
    assert.deepEqual(events, []);
    assert.equal(quarantine.nextDeadline, trialAt);
    quarantine.advance(trialAt);
    assert.deepEqual(events, ['call_on_trial poison']);
    assert.deepEqual(quarantine.forWorkers(trialAt), [
      { ...callOf('poison'), state: 'on-trial', forMs: QUARANTINE_MS },
    ]);
  });

  test('is free when a worker survived it', () => {
    const { quarantine, events } = openWithPoison();
    quarantine.advance(trialAt);
    const fingerprint = 'poison';
    quarantine.judgeTrial({ type: 'trial', fingerprint, outcome: 'begun' }, trialAt + 5);
    quarantine.judgeTrial({ type: 'trial', fingerprint, outcome: 'survived' }, trialAt + 9);
    assert.deepEqual(events, ['call_on_trial poison', 'call_released poison']);
    assert.deepEqual(quarantine.forWorkers(trialAt + 9), []);
    assert.equal(quarantine.nextDeadline, undefined);
  });

  test('is free when nobody tried it', () => {
    const { quarantine, events } = openWithPoison();
    quarantine.advance(trialAt);
    quarantine.advance(trialAt + QUARANTINE_MS);
    assert.deepEqual(events, ['call_on_trial poison', 'call_released poison']);
  });

  test('is given its time anew when a trial begins', () => {
    const { quarantine, events } = openWithPoison();
    quarantine.advance(trialAt);
    const begunAt = trialAt + QUARANTINE_MS - 1;
    quarantine.judgeTrial({ type: 'trial', fingerprint: 'poison', outcome: 'begun' }, begunAt);
    quarantine.advance(begunAt + QUARANTINE_MS - 1);
    assert.deepEqual(events, ['call_on_trial poison']);
    quarantine.advance(begunAt + QUARANTINE_MS);
    assert.deepEqual(events, ['call_on_trial poison', 'call_released poison']);
  });

  test('is refused for twice the time whenever a trial ends in a crash, a day at most', () => {
    const { quarantine } = openWithPoison();
    const times = Array.from({ length: 8 }, () => {
      const at = quarantine.nextDeadline ?? assert.fail('It is under quarantine');
      quarantine.advance(at);
      quarantine.record(callsOf('poison', 'common'), at);
      return quarantine.forWorkers(at)[0];
    });
    const doubled = times.map((_, index) => Math.min(QUARANTINE_MS * 2 ** (index + 1), DAY_MS));
    assert.deepEqual(
      times.map((told) => told?.forMs),
      doubled,
    );
    assert.equal(doubled.at(-1), DAY_MS);
    assert.ok(times.every((told) => told?.state === 'refused'));
  });

  test('is not freed by a worker that survived an earlier trial', () => {
    const { quarantine } = openWithPoison();
    const survived = { type: 'trial', fingerprint: 'poison', outcome: 'survived' } as const;
    quarantine.judgeTrial(survived, 2_000);
    assert.equal(quarantine.snapshot()[0]?.state, 'refused');
    quarantine.judgeTrial({ ...survived, fingerprint: 'unknown' }, 2_000);
  });

  test('is free when an operator says so, and is blamed again for two crashes only', () => {
    const { quarantine, events } = openWithPoison();
    assert.equal(quarantine.release('poison'), true);
    assert.equal(quarantine.release('poison'), false);
    assert.deepEqual(events, ['call_released poison']);
    assert.deepEqual(quarantine.record(callsOf('poison'), 3_000), []);
    assert.deepEqual(namesOf(quarantine.record(callsOf('poison'), 4_000)), ['poison']);
  });
});

suite('a quarantine is bounded', () => {
  test(`to ${QUARANTINED_MAX} calls, which fit into one message`, () => {
    const { quarantine } = open();
    const longest = Array.from({ length: QUARANTINED_MAX + 1 }, (_, index) => ({
      tool: 'n'.repeat(64),
      fingerprint: String(index).padStart(16, '0'),
    }));
    const blamed = longest.map((call) => {
      quarantine.record([call], 0);
      return quarantine.record([call], 0).length;
    });
    assert.deepEqual(blamed.slice(-2), [1, 0]);
    quarantine.advance(QUARANTINE_MS);
    const calls = quarantine.forWorkers(QUARANTINE_MS).map((call) => ({ ...call, forMs: DAY_MS }));
    assert.equal(calls.length, QUARANTINED_MAX);
    assert.ok(JSON.stringify({ type: 'quarantine', calls }).length < IPC_BYTES_MAX);
  });

  test(`to ${CALLS_REMEMBERED_MAX} calls remembered: the oldest crash is forgotten first`, () => {
    const many = Array.from({ length: CALLS_REMEMBERED_MAX - 1 }, (_, index) => String(index));
    assert.deepEqual(open().crash(['a'], many, ['a']), [[], [], []]);
    assert.deepEqual(open().crash(['a'], many.slice(1), ['a']), [[], [], ['a']]);
    assert.deepEqual(open().crash([...many, 'a', 'b'], ['b']), [[], []]);
  });
});
