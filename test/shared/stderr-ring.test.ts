import assert from 'node:assert/strict';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { suite, type TestContext, test } from 'node:test';

import { StderrRing } from '../../src/shared/stderr-ring.ts';

const NOTICE = '(more is printed than is passed on)';
const FLOOD_BYTES = 262_144;

/** A ring on a stream of the test, under a clock of the test. */
function openRing(t: TestContext) {
  const clock = { now: 10_000 };
  t.mock.method(performance, 'now', () => clock.now);
  const stream = new PassThrough();
  const passed: string[] = [];
  const ring = new StderrRing(stream, (line) => passed.push(line));
  // It is read as it is written, chunk by chunk.
  const print = (text: string | Buffer): void => {
    stream.emit('data', Buffer.from(text));
  };
  return { ring, stream, passed, print, clock };
}

suite('what a worker prints last', () => {
  test('is kept line by line, without empty ones, and passed on', (t) => {
    const { ring, passed, print } = openRing(t);
    print('one\n\n  \ntw');
    print('o\nthree');
    assert.deepEqual(ring.lines(), ['one', 'two', 'three']);
    assert.deepEqual(passed, ['one', '', '  ', 'two']);
  });

  test('is at most 50 lines', (t) => {
    const { ring, print } = openRing(t);
    print(Array.from({ length: 60 }, (_, index) => `${index}\n`).join(''));
    assert.deepEqual([ring.lines().length, ring.lines()[0]], [50, '10']);
  });

  for (const [how, chunkBytes] of [
    ['in small pieces', 97],
    ['in one piece', 1_000_000],
  ] as const) {
    test(`is at most 16 KiB of whole lines, printed ${how}`, (t) => {
      const { ring, print } = openRing(t);
      const lines = Array.from({ length: 100 }, (_, index) => `${index} ${'x'.repeat(996)}`);
      const text = `${lines.join('\n')}\n`;
      for (let at = 0; at < text.length; at += chunkBytes) print(text.slice(at, at + chunkBytes));
      const kept = ring.lines();
      assert.ok(Buffer.byteLength(kept.join('\n')) <= 16_384);
      assert.deepEqual(kept, lines.slice(-kept.length));
      assert.ok(kept.length >= 15);
    });
  }

  test('has no half of a line in it, which might be half of a secret', (t) => {
    const { ring, print } = openRing(t);
    print(`password=${'hunter2'.repeat(3_000)}`);
    assert.deepEqual(ring.lines(), []);
    print('\nthe end\n');
    assert.deepEqual(ring.lines(), ['the end']);
  });

  test('is passed on with its characters whole, wherever it is cut', (t) => {
    const { passed, print } = openRing(t);
    for (const byte of Buffer.from('grüße 🪵\n')) print(Buffer.from([byte]));
    assert.deepEqual(passed, ['grüße 🪵']);
  });

  test('is passed on without a line feed too, once the stream has ended', async (t) => {
    const { ring, stream, passed } = openRing(t);
    stream.end('the last word');
    await ring.ended;
    assert.deepEqual(passed, ['the last word']);
    assert.deepEqual(ring.lines(), ['the last word']);
  });
});

suite('a worker that floods its stderr', () => {
  test('is passed on for 256 KiB a second, then dropped with one notice', (t) => {
    const { ring, passed, print } = openRing(t);
    const line = `${'x'.repeat(1_023)}\n`;
    for (let count = 0; count < 1_000; count++) print(line);
    assert.equal(passed.length, FLOOD_BYTES / 1_024 + 1);
    assert.equal(passed.at(-1), NOTICE);
    assert.equal(passed.filter((each) => each === NOTICE).length, 1);
    // What is kept is the newest all the same.
    print('the end\n');
    assert.equal(ring.lines().at(-1), 'the end');
  });

  test('is heard again in the next second, from the next whole line on', (t) => {
    const { passed, print, clock } = openRing(t);
    print('x'.repeat(FLOOD_BYTES + 1));
    assert.deepEqual(passed, [NOTICE]);
    clock.now += 1_001;
    print('half of a secret');
    print(' and its end\nwhole\n');
    assert.deepEqual(passed, [NOTICE, 'whole']);
  });

  test('cannot fill our memory with a line that never ends', (t) => {
    const { passed, print, clock } = openRing(t);
    for (let second = 0; second < 10; second++) {
      print('x'.repeat(50_000));
      clock.now += 1_001;
    }
    assert.deepEqual(passed, [NOTICE]);
    print('\nwhole\n');
    assert.deepEqual(passed, [NOTICE, 'whole']);
  });
});

suite('a stderr that is odd', () => {
  test('that is not there has ended, and holds nothing', async () => {
    const ring = new StderrRing(null, () => undefined);
    await ring.ended;
    assert.deepEqual(ring.lines(), []);
  });

  test('that breaks ends like any other', async (t) => {
    const { ring, stream } = openRing(t);
    const closed = once(stream, 'close');
    stream.destroy(new Error('EPIPE'));
    await closed.catch(() => undefined);
    await ring.ended;
  });
});
