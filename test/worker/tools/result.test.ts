import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import type { ToolOutput } from '../../../src/worker/tools/tool.ts';
import { ToolError } from '../../../src/worker/tools/tool-error.ts';
import { toolResult } from '../../../src/worker/tools/tool-result.ts';
import { doneWith, openCounted, toolOf } from './open-counted.ts';

function textTo(length: number): string {
  return 'x'.repeat(length);
}

function image(length: number): ToolOutput {
  return toolResult({ content: [{ type: 'image', data: textTo(length), mimeType: 'image/png' }] });
}

const bytesMax = 1_024;
const empty = JSON.stringify({ text: '' }).length;
const emptyImage = JSON.stringify(image(0)).length;

function msOf(work: () => unknown): number {
  const beganAt = performance.now();
  work();
  return performance.now() - beganAt;
}

suite('what a tool answers', () => {
  for (const [what, outputOf, most] of [
    ['a text', textTo, bytesMax],
    ['an object', (length: number) => ({ text: textTo(length) }), bytesMax - empty],
    ['a picture', image, bytesMax - emptyImage],
  ] as const) {
    test(`is told of in its place if it is too large: ${what}`, async () => {
      const { call, counted, lines } = openCounted({ tooling: { resultBytesMax: bytesMax } });
      const { isError } = await call(toolOf(async () => outputOf(most)));
      assert.notEqual(isError, true);
      assert.deepEqual(counted, []);
      assert.deepEqual(await call(toolOf(async () => outputOf(most + 1))), {
        ...doneWith('What tried answers is larger than 1024 bytes: ask for less'),
        isError: true,
      });
      assert.deepEqual(counted, ['result_bytes']);
      assert.deepEqual(lines, [
        {
          level: 'warn',
          message: 'result is too large',
          fields: { tool: 'tried', bytesMax },
        },
      ]);
    });
  }

  test('is told of before it is written if it is a hundred megabytes', async () => {
    const { call } = openCounted();
    const text = textTo(100_000_000);
    const tools = [text, { text }, [[text]], toolResult({ content: [], _meta: { text } })].map(
      (output) => toolOf(async () => output),
    );
    const writingMs = msOf(() => JSON.stringify(text));
    const beganAt = performance.now();
    for (const tool of tools) {
      // oxlint-disable-next-line no-await-in-loop -- one is like the other
      assert.equal((await call(tool)).isError, true);
    }
    assert.ok(performance.now() - beganAt < writingMs);
  });

  test('may not be an error of that size either', async () => {
    const { call, counted } = openCounted({ tooling: { resultBytesMax: bytesMax } });
    const tool = toolOf(() => Promise.reject(new ToolError(textTo(bytesMax + 1))));
    const { content } = await call(tool);
    assert.ok(JSON.stringify(content).length < bytesMax);
    assert.deepEqual(counted, ['result_bytes']);
  });

  test('is written as JSON once', async () => {
    let written = 0;
    const output = {
      get part() {
        written += 1;
        return 'x';
      },
    };
    await openCounted().call(toolOf(async () => output));
    // Once to weigh it, and once to write it.
    assert.equal(written, 2);
  });
});
