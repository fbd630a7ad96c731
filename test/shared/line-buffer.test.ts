import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import * as fc from 'fast-check';

import { LineBuffer } from '../../src/shared/line-buffer.ts';

const WRITE_BYTES_MAX = 100;
const GATHERED_BYTES_MAX = 16_384;
const WAITING_BYTES_MAX = 1_048_576;
const EVERY_MS = 50;
const LAST_MS_MAX = 1_000;

/** A destination, and what was written to it. Nothing is done until it is said so, if it is `slow`. */
function openBuffer({ slow = false, works = true } = {}) {
  const writes: string[] = [];
  const dones: ((isWritten: boolean) => void)[] = [];
  const lost: number[] = [];
  const destination = {
    human: false,
    writeBytesMax: WRITE_BYTES_MAX,
    write: (lines: string, done: (isWritten: boolean) => void) => {
      writes.push(lines);
      if (slow) dones.push(done);
      else done(works);
    },
  };
  const buffer = new LineBuffer(destination, (count) => {
    lost.push(count);
  });
  return { buffer, writes, finish: (isWritten: boolean) => dones.shift()?.(isWritten), lost };
}

suite('a buffer of lines', () => {
  test('writes them together, some times a second', (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { buffer, writes } = openBuffer();
    buffer.add('one\n');
    buffer.add('two\n');
    t.mock.timers.tick(EVERY_MS - 1);
    assert.deepEqual(writes, []);
    t.mock.timers.tick(1);
    assert.deepEqual(writes, ['one\ntwo\n']);
    buffer.add('three\n');
    t.mock.timers.tick(EVERY_MS);
    assert.deepEqual(writes, ['one\ntwo\n', 'three\n']);
  });

  test('writes some at once, however little is taken in one write, so that who reads is woken once', () => {
    const { buffer, writes } = openBuffer();
    const line = `${'x'.repeat(WRITE_BYTES_MAX - 1)}\n`;
    const gathered = Math.ceil(GATHERED_BYTES_MAX / line.length);
    for (let added = 1; added < gathered; added += 1) buffer.add(line);
    assert.equal(writes.length, 0);
    buffer.add(line);
    assert.equal(writes.length, gathered);
    buffer.add(line);
    assert.equal(writes.length, gathered);
  });

  test('writes no more at once than is taken whole, and each line in one write', () => {
    const character = fc.constantFrom('a', 'é', '漢', '\u{1f600}');
    const text = fc.string({ unit: character, maxLength: 150 });
    const line = text.map((said) => `${said}\n`);
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const { buffer, writes, lost } = openBuffer();
        for (const added of lines) buffer.add(added);
        buffer.flush();
        assert.equal(writes.join(''), lines.join(''));
        for (const written of writes) {
          assert.ok(written.endsWith('\n'));
          const isOne = written.indexOf('\n') === written.length - 1;
          assert.ok(isOne || Buffer.byteLength(written) <= WRITE_BYTES_MAX);
        }
        assert.deepEqual(lost, []);
      }),
    );
  });

  test('begins a write when the one before is done, in the order of the lines', () => {
    const { buffer, writes, finish } = openBuffer({ slow: true });
    buffer.add('one\n');
    buffer.flush();
    buffer.add('two\n');
    buffer.flush();
    assert.deepEqual(writes, ['one\n']);
    finish(true);
    assert.deepEqual(writes, ['one\n', 'two\n']);
  });

  test('counts the lines of a write that failed, and goes on', () => {
    const { buffer, writes, lost } = openBuffer({ works: false });
    buffer.add('one\n');
    buffer.add('two\n');
    buffer.flush();
    buffer.add('three\n');
    buffer.flush();
    assert.deepEqual(lost, [2, 1]);
    assert.equal(writes.length, 2);
  });

  test('has room for a bounded number while nothing is taken, and counts those that are too many', async () => {
    const { buffer, writes, finish, lost } = openBuffer({ slow: true });
    const line = `${'x'.repeat(1_023)}\n`;
    const roomFor = WAITING_BYTES_MAX / line.length;
    for (let added = 0; added < roomFor + 3; added += 1) buffer.add(line);
    assert.deepEqual(lost, [1, 1, 1]);
    finish(true);
    buffer.add(line);
    buffer.add(line);
    assert.deepEqual(lost, [1, 1, 1, 1]);
    const over = buffer[Symbol.asyncDispose]();
    for (let written = 0; written < roomFor; written += 1) finish(true);
    await over;
    assert.equal(writes.join('').length, WAITING_BYTES_MAX + line.length);
    assert.equal(lost.length, 4);
  });

  test('is written before it is over, and takes no more', async () => {
    const { buffer, writes, lost } = openBuffer();
    buffer.add('one\n');
    await buffer[Symbol.asyncDispose]();
    assert.deepEqual(writes, ['one\n']);
    buffer.add('two\n');
    assert.deepEqual(lost, [1]);
  });

  test('counts what is not taken before it is over', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { buffer, lost } = openBuffer({ slow: true });
    buffer.add('one\n');
    buffer.flush();
    buffer.add('two\n');
    const over = buffer[Symbol.asyncDispose]();
    t.mock.timers.tick(LAST_MS_MAX);
    await over;
    assert.deepEqual(lost, [1]);
  });

  test('hands over all that waits at once, if the process ends', () => {
    const { buffer, writes } = openBuffer({ slow: true });
    for (const line of ['one\n', 'two\n']) {
      buffer.add(line);
      buffer.flush();
    }
    buffer.add('three\n');
    buffer.flushLast();
    assert.deepEqual(writes, ['one\n', 'two\n', 'three\n']);
  });
});
