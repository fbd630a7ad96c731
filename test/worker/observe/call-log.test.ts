import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';

import * as fc from 'fast-check';

import type { Destination } from '../../../src/shared/line-buffer.ts';
import { LOG_LEVELS, type LoggerOptions, type OwnLogger } from '../../../src/shared/logger.ts';
import { redactorOf } from '../../../src/shared/redact.ts';
import { type AuditEntry, keepInBoth } from '../../../src/worker/domain/audit.ts';
import { CallLog, openCallLog } from '../../../src/worker/observe/call-log.ts';
import { Timestamps } from '../../../src/worker/observe/timestamps.ts';
import { recordLog } from '../recorded-log.ts';

const CALL: AuditEntry = {
  kind: 'call',
  who: 'key:ann',
  address: '127.0.0.1',
  action: 'tools/call',
  subject: 'paint',
  argumentsHash: 'ab',
  outcome: 'ok',
  durationMs: 1.5,
};
const SPEAKER = { process: 'worker', pid: 1, slot: 3 };
/** A longer text is left out. */
const TEXT_LENGTH_MAX = 1_000;

/** Somewhere to write to, that keeps its lines. */
function openDestination(human: boolean, lines: string[]): Destination {
  return {
    human,
    writeBytesMax: 4_096,
    write: (text, done) => {
      lines.push(...text.trimEnd().split('\n'));
      done(true);
    },
  };
}

/** A logger that goes to two places, and what is written there. */
function openLog(options: Partial<LoggerOptions> = {}) {
  const { log, lines } = recordLog();
  const json: string[] = [];
  const people: string[] = [];
  const made: LoggerOptions = {
    level: 'info',
    file: undefined,
    human: true,
    redact: redactorOf({ MCP_ADMIN_TOKEN: 'hunter2' }),
    fields: SPEAKER,
    ...options,
  };
  const destinations = [openDestination(true, people), openDestination(false, json)];
  const own: OwnLogger = { ...log, reopenFile() {}, destinations, made };
  return { own, lines, json, people };
}

/** What is written of entries, to both places. */
async function written(...entries: readonly (readonly [AuditEntry, number?])[]) {
  const { own, json, people } = openLog();
  {
    await using calls = new CallLog(own, failOnLost);
    for (const [entry, at] of entries) calls.record(entry, at);
  }
  return { json, people };
}

const failOnLost = {
  lose: (_what: 'call_lines', count: number): void => assert.fail(`${count} lost`),
};

suite('the log of calls', () => {
  test('is one JSON object a line, like all others, and says nothing of arguments', async () => {
    const { json } = await written([CALL, 0]);
    assert.deepEqual(
      json.map((line) => JSON.parse(line)),
      [
        {
          timestamp: '1970-01-01T00:00:00.000Z',
          level: 'info',
          message: 'call',
          ...SPEAKER,
          who: 'key:ann',
          action: 'tools/call',
          subject: 'paint',
          outcome: 'ok',
          durationMs: 1.5,
          address: '127.0.0.1',
        },
      ],
    );
  });

  test('is read back as it was written, whatever is in it', async () => {
    const unit = fc.nat(0xff_ff).map((code) => String.fromCharCode(code));
    const text = fc.oneof(fc.string(), fc.string({ unit, maxLength: 50 }));
    const maybe = fc.option(text, { nil: undefined });
    const entry = fc.record({
      kind: fc.constantFrom('call', 'refusal'),
      who: maybe,
      address: maybe,
      action: text,
      subject: fc.option(fc.oneof(text, fc.constantFrom('__proto__', '"}\n{"', '\u2028\ud800')), {
        nil: undefined,
      }),
      argumentsHash: fc.constant('ab'),
      outcome: text,
      durationMs: fc.option(
        fc.nat().map((us) => us / 1_000),
        { nil: undefined },
      ),
    });
    const at = fc.date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(entry, at)), async (given) => {
        const { json } = await written(...given.map(([of, date]) => [of, date.getTime()] as const));
        const expected = given.map(([{ kind: _kind, argumentsHash: _hash, ...told }, date]) =>
          JSON.parse(
            JSON.stringify({
              timestamp: date.toISOString(),
              level: 'info',
              message: 'call',
              ...SPEAKER,
              ...told,
            }),
          ),
        );
        assert.deepEqual(
          json.filter((line) => line !== '').map((line) => JSON.parse(line)),
          expected,
        );
      }),
    );
  });

  test('speaks to people where the logger does', async () => {
    const { people } = await written([
      { ...CALL, subject: 'a\u001b[2J\nb', address: undefined },
      0,
    ]);
    assert.equal(people.length, 1);
    assert.equal(
      stripVTControlCharacters(people[0] ?? ''),
      String.raw`00:00:00 info  worker 3   call  who key:ann  action tools/call  subject a\u001b[2J\u000ab  outcome ok  durationMs 1.5`,
    );
  });

  test('strikes out secrets, and leaves out a text of which it would have to cut one in two', async () => {
    const long = 'x'.repeat(TEXT_LENGTH_MAX + 1);
    const { json, people } = await written(
      [{ ...CALL, subject: 'test://hunter2' }],
      [{ ...CALL, who: long, subject: 'y'.repeat(TEXT_LENGTH_MAX) }],
    );
    for (const line of [...json, ...people]) assert.doesNotMatch(line, /hunter2|xxx/);
    assert.match(json[0] ?? '', /"subject":"test:\/\/\[redacted\]"/);
    assert.match(
      json[1] ?? '',
      /"who":"… 1001 characters","action":"tools\/call","subject":"y{1000}"/,
    );
  });

  test('tells more names apart than it remembers', async () => {
    const subjects = Array.from({ length: 2_500 }, (_, n) => `tool ${n % 1_200}`);
    const { json } = await written(...subjects.map((subject) => [{ ...CALL, subject }] as const));
    assert.deepEqual(
      json.map((line) => JSON.parse(line).subject),
      subjects,
    );
  });

  test('is kept unless only what is more severe is logged', async () => {
    for (const level of LOG_LEVELS) {
      const { own } = openLog({ level });
      // oxlint-disable-next-line no-await-in-loop -- one is like the other
      await using calls = openCallLog(own, failOnLost);
      assert.equal(calls !== undefined, level === 'debug' || level === 'info', level);
    }
  });

  test('counts the lines that were lost, and says how many in one line', async () => {
    const { own, lines } = openLog();
    let lost = 0;
    const destination: Destination = {
      human: false,
      writeBytesMax: 4_096,
      write: (_lines, done) => {
        done(false);
      },
    };
    const lose = (_what: 'call_lines', count: number): void => {
      lost += count;
    };
    const calls = new CallLog({ ...own, destinations: [destination] }, { lose });
    for (let call = 0; call < 100; call += 1) calls.record(CALL);
    await calls[Symbol.asyncDispose]();
    assert.equal(lost, 100);
    assert.deepEqual(lines, [
      { level: 'warn', message: 'lines of calls lost', fields: { count: 100 } },
    ]);
  });

  test('is written when the process exits', async () => {
    const { own, json } = openLog();
    await using calls = new CallLog(own, failOnLost);
    calls.record(CALL);
    assert.deepEqual(json, []);
    const [flush] = process.listeners('exit').slice(-1);
    flush?.call(process, 0);
    assert.equal(json.length, 1);
  });
});

test('times are those of the calendar, in any order', () => {
  const at = fc.integer({ min: 0, max: Date.UTC(9999, 11, 31) });
  const near = at.chain((first) => fc.array(fc.nat(3_000).map((more) => first + more)));
  fc.assert(
    fc.property(near, (given) => {
      const timestamps = new Timestamps();
      for (const time of given) assert.equal(timestamps.of(time), new Date(time).toISOString());
    }),
  );
});

test('what is kept in both is kept as of the same moment', () => {
  const kept: [AuditEntry, number | undefined][] = [];
  const audit = {
    record: (entry: AuditEntry, at?: number) => {
      kept.push([entry, at]);
    },
  };
  const both = keepInBoth(audit, audit);
  both.record(CALL);
  both.record(CALL, 5);
  assert.equal(kept[0]?.[1], kept[1]?.[1]);
  assert.deepEqual(kept.slice(2), [
    [CALL, 5],
    [CALL, 5],
  ]);
});
