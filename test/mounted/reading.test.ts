/** How what comes in pieces is read, over pipes and over HTTP. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import * as fc from 'fast-check';

import { EventReader } from '../../src/worker/tools/mounted/event-reader.ts';
import { MessageLines } from '../../src/worker/tools/mounted/message-lines.ts';

const MAX = 4_096;

function readLines(chunks: readonly Buffer[], bytesMax = MAX) {
  const lines: string[] = [];
  const edges: string[] = [];
  const reader = new MessageLines(bytesMax, {
    line: (text) => lines.push(text),
    overlong: (text) => edges.push(text),
  });
  const count = chunks.reduce((sum, chunk) => sum + reader.read(chunk), 0);
  return { lines, edges, count };
}

function readEvents(chunks: readonly string[], lengthMax = MAX) {
  const events: string[] = [];
  const edges: string[] = [];
  const reader = new EventReader(lengthMax, {
    event: (data) => events.push(data),
    overlong: (text) => edges.push(text),
  });
  for (const chunk of chunks) reader.read(chunk);
  const { lastId, retryMs } = reader;
  return { events, edges, lastId, retryMs };
}

/** A whole in pieces that end anywhere. */
function cut<Whole extends { readonly length: number; slice(from: number, to: number): Whole }>(
  whole: Whole,
  at: readonly number[],
): Whole[] {
  const ends = [...at.map((end) => end % (whole.length + 1)), whole.length];
  return ends
    .toSorted((a, b) => a - b)
    .map((end, index, all) => whole.slice(all[index - 1] ?? 0, end));
}

suite('lines', () => {
  test('are the same in whatever pieces they come', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' })), fc.array(fc.nat()), (said, at) => {
        const lines = said.map((line) => line.replaceAll('\n', ' ')).filter((line) => line.trim());
        const whole = Buffer.from(lines.map((line) => `${line}\n`).join(''));
        assert.deepEqual(readLines(cut(whole, at)).lines, lines);
      }),
    );
  });

  test('that are as long as they may be are read, and of longer ones the ends are looked at', () => {
    const longest = 'x'.repeat(MAX);
    const longer = `begin${'x'.repeat(10 * MAX)}end`;
    const whole = Buffer.from(`${longest}\n${longer}\nafter\n`);
    for (const step of [1, 100, 1_000, whole.length]) {
      const at = Array.from({ length: Math.ceil(whole.length / step) }, (_none, i) => i * step);
      const { lines, edges, count } = readLines(cut(whole, at));
      assert.deepEqual(lines, [longest, 'after']);
      assert.equal(count, 3);
      assert.equal(edges.length, 1);
      assert.match(edges[0] ?? '', /^beginx{1019}\nx+end$/);
      assert.ok((edges[0]?.length ?? 0) < 3_000);
    }
  });
});

suite('events', () => {
  const whole = [
    ': a comment\n\n',
    'id: 1\nevent: message\ndata: {"a":\ndata: 1}\n\n',
    'retry: 50\r\ndata:no space\r\n\r\n',
    'id: 2\rdata\r\r',
    'data: last\nunknown: x\nid: 3\n\n',
    'data: of no end',
  ].join('');

  test('are the same in whatever pieces they come', () => {
    fc.assert(
      fc.property(fc.array(fc.nat()), (at) => {
        assert.deepEqual(readEvents(cut(whole, at)), {
          events: ['{"a":\n1}', 'no space', 'last'],
          edges: [],
          lastId: '3',
          retryMs: 50,
        });
      }),
    );
  });

  test('that are too long are not kept, however their lines are', () => {
    for (const data of [
      `data: begin${'x'.repeat(10 * MAX)}end\n\n`,
      `data: begin\n${'data: xxxxxxx\n'.repeat(MAX)}data: end\n\n`,
    ]) {
      for (const step of [7, 1_000, data.length]) {
        const at = Array.from({ length: Math.ceil(data.length / step) }, (_none, i) => i * step);
        const { events, edges } = readEvents([...cut(data, at), 'data: after\n\n']);
        assert.deepEqual(events, ['after']);
        assert.equal(edges.length, 1);
        assert.match(edges[0] ?? '', /begin[^]*end$/);
        assert.ok((edges[0]?.length ?? 0) < 3_000);
      }
    }
  });

  test('take no room between them, whatever is said there', () => {
    const comments = `${':'.repeat(1_000)}\n`.repeat(20);
    assert.deepEqual(readEvents([comments, 'data: after\n\n']).events, ['after']);
  });
});
