import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { z } from 'zod';

import { silent } from '../../src/shared/logger.ts';
import { runSelfTests } from '../../src/worker/self-tests.ts';
import { createToolRegistry } from '../../src/worker/tools/registry.ts';
import { defineTool, type SelfTest, type Tool } from '../../src/worker/tools/tool.ts';
import { callTool, entryOf } from './tools/tool-context.ts';

function toolThat(
  name: string,
  selfTest?: SelfTest,
  run = async (): Promise<string> => name,
): Tool {
  const tried = selfTest === undefined ? {} : { selfTest };
  return defineTool({ name, description: 'Tries.', input: z.object({}), run, ...tried });
}

function trySelf(tools: readonly Tool[], msMax = 60_000) {
  const registry = createToolRegistry(tools.map((tool) => entryOf(tool)));
  return runSelfTests(registry.tools, { callTool, msMax, log: silent });
}

suite('the selfTest of a tool', () => {
  test('calls it as an agent would, with everything allowed', async () => {
    const seen: unknown[] = [];
    const tool = toolThat('a', async (call, { principal, signal }) => {
      seen.push(await call({}), await call({ unknown: [1n] }), principal.scopes, signal.aborted);
    });
    assert.deepEqual(await trySelf([tool, toolThat('b')]), []);
    const content = [{ type: 'text', text: 'a' }];
    assert.deepEqual(seen, [{ content }, { content }, 'all', false]);
  });

  for (const [what, selfTest, text] of [
    ['throws', () => Promise.reject(new Error('no paint')), 'fails its selfTest: no paint'],
    ['throws no error', () => Promise.reject('no paint'), 'fails its selfTest: no paint'], // oxlint-disable-line prefer-promise-reject-errors -- so do others
    [
      'asks somebody',
      (_call, { ask }) => ask({}).then(() => undefined),
      'fails its selfTest: Nobody can be asked by a selfTest',
    ],
  ] as const satisfies readonly (readonly [string, SelfTest, string])[]) {
    test(`that ${what} is a fault of the tool, with the reason`, async () => {
      const faults = await trySelf([toolThat('b', selfTest), toolThat('a', async () => undefined)]);
      assert.deepEqual(
        faults.map(({ file, subject, message }) => [file, subject, message]),
        [['test.ts', 'b', text]],
      );
    });
  }

  test('tells its author what a call withholds from agents', async () => {
    const tool = toolThat(
      'a',
      async (call) => {
        await call({});
      },
      () => Promise.reject(new TypeError('colour is undefined')),
    );
    const [fault] = await trySelf([tool]);
    assert.equal(fault?.message, 'fails its selfTest: colour is undefined');
  });

  test('that never ends is given up, and the others are tried', async () => {
    const tools = Array.from({ length: 10 }, (_, index) =>
      toolThat(`t${index}`, () => new Promise(() => undefined)),
    );
    let isTried = false;
    const last = toolThat('z', async () => {
      isTried = true;
    });
    const faults = await trySelf([...tools, last], 10);
    assert.equal(faults.length, 10);
    assert.match(faults[0]?.message ?? '', /took over 10 ms/);
    assert.ok(isTried);
  });

  test('runs with three others and no more', async () => {
    let running = 0;
    let most = 0;
    const tools = Array.from({ length: 12 }, (_, index) =>
      toolThat(`t${index}`, async () => {
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setImmediate(resolve));
        running -= 1;
      }),
    );
    assert.deepEqual(await trySelf(tools), []);
    assert.equal(most, 4);
  });
});
