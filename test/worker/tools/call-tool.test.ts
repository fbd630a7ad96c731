import assert from 'node:assert/strict';
import { once } from 'node:events';
import { suite, test } from 'node:test';

import { z } from 'zod';

import { Failure, type FailureCode } from '../../../src/shared/errors.ts';
import type { DatabaseSource } from '../../../src/worker/domain/database.ts';
import { createToolRegistry } from '../../../src/worker/tools/registry.ts';
import { defineTool, type Tool, type ToolOutput } from '../../../src/worker/tools/tool.ts';
import { ToolError } from '../../../src/worker/tools/tool-error.ts';
import { toolResult } from '../../../src/worker/tools/tool-result.ts';
import {
  call,
  callTool,
  contextOf,
  entryOf,
  noDatabase,
  noFacilities,
  runCall,
} from './tool-context.ts';

/** A tool without arguments. */
function toolOf(run: Tool['run'], more: { scope?: string; timeoutMs?: number } = {}): Tool {
  const input = z.object({});
  return defineTool({ name: 'tried', description: 'Tries.', input, run, ...more });
}

const deaf = (timeoutMs: number): Tool =>
  toolOf(() => new Promise<ToolOutput>(() => undefined), { timeoutMs });

function isFailure(code: FailureCode, text: RegExp) {
  return (thrown: unknown): boolean => {
    assert.ok(thrown instanceof Failure, String(thrown));
    assert.equal(thrown.code, code);
    assert.match(thrown.message, text);
    return true;
  };
}

const textOf = (text: string): object => ({ content: [{ type: 'text', text }] });

suite('what a tool answers', () => {
  test('is sent as text if it is one', async () => {
    assert.deepEqual(
      await call(
        toolOf(async () => 'done'),
        {},
      ),
      textOf('done'),
    );
  });

  test('is sent as structured content and as its JSON if it is an object', async () => {
    const structuredContent = { id: 7, tags: ['a'] };
    assert.deepEqual(
      await call(
        toolOf(async () => structuredContent),
        {},
      ),
      {
        ...textOf('{"id":7,"tags":["a"]}'),
        structuredContent,
      },
    );
  });

  test('is structured content too if it is an array', async () => {
    const result = await call(
      toolOf(async () => [1, 2]),
      {},
    );
    assert.deepEqual(result, { ...textOf('[1,2]'), structuredContent: [1, 2] });
  });

  test('is an internal error if it cannot be written as JSON', async () => {
    for (const output of [{ id: 7n }, toolResult({ content: [], structuredContent: 7n })]) {
      await assert.rejects(
        call(
          toolOf(async () => output),
          {},
        ),
        { code: 'internal' },
      );
    }
  });

  for (const nothing of [undefined, null, 7]) {
    test(`is an internal error if it is ${String(nothing)}, which only JavaScript lets through`, async () => {
      // What TypeScript would refuse, a JavaScript author may do.
      const tool = toolOf(async () => nothing as unknown as string);
      await assert.rejects(call(tool, {}), isFailure('internal', /^Internal error$/));
    });
  }

  test('is an internal error if it has no JSON', async () => {
    const circle: { self?: object } = {};
    circle.self = circle;
    const tool = toolOf(async () => circle);
    await assert.rejects(call(tool, {}), isFailure('internal', /^Internal error$/));
  });

  test('is an internal error if it breaks the schema it promises, and the log is told how', async () => {
    const tool = defineTool({
      name: 'lies',
      description: 'Answers something else than it promises.',
      input: z.object({}),
      output: z.object({ count: z.int() }),
      // What TypeScript would refuse, a JavaScript author may do.
      run: async () => JSON.parse('{"count":"many"}') as { count: number },
    });
    await assert.rejects(call(tool, {}), (thrown) => {
      isFailure('internal', /^Internal error$/)(thrown);
      assert.ok(thrown instanceof Failure && thrown.cause instanceof Error);
      assert.match(thrown.cause.message, /lies's output\.count must be integer/);
      return true;
    });
  });
});

suite('what a tool is given', () => {
  const paint = defineTool({
    name: 'paint',
    description: 'Paints.',
    input: z.object({
      colour: z.string().min(3),
      coats: z.int().min(1).default(2),
      size: z.object({ height: z.number() }).optional(),
      even: z
        .number()
        .refine((value) => value % 2 === 0, 'must be even')
        .optional(),
    }),
    run: async ({ colour, coats }) => `${coats} coats of ${colour}`,
  });

  test('satisfies its schema, and defaults are filled in', async () => {
    assert.deepEqual(await call(paint, { colour: 'blue' }), textOf('2 coats of blue'));
  });

  for (const [what, given, fault] of [
    ['an argument that is missing', {}, /colour/],
    ['an argument of another type', { colour: 7 }, /arguments\.colour must be string/],
    ['an argument out of range', { colour: 'blue', coats: 0 }, /arguments\.coats must be >= 1/],
    ['an argument inside another', { colour: 'blue', size: { height: 'x' } }, /size\.height/],
    ['an argument that JSON Schema cannot judge', { colour: 'blue', even: 3 }, /even/],
  ] as const) {
    test(`is named in an error that the model reads: ${what}`, async () => {
      const { isError, content } = await call(paint, given);
      assert.equal(isError, true);
      assert.match(JSON.stringify(content), fault);
    });
  }

  test('is the database of its own folder', async () => {
    const db: DatabaseSource = {
      during: (signal) => ({
        ...noDatabase.during(signal),
        query: async () => [{ of: 'folder' }] as never,
      }),
    };
    const tool = toolOf(async (_given, context) => (await context.db.query('select'))[0] ?? {});
    const registered = createToolRegistry([entryOf(tool, { ...noFacilities, db })]).find('tried');
    assert.ok(registered !== undefined);
    const { structuredContent } = await callTool(registered, {}, contextOf(), runCall);
    assert.deepEqual(structuredContent, { of: 'folder' });
  });
});

suite('what a tool throws', () => {
  test('reaches the model if it is a ToolError', async () => {
    const tool = toolOf(() => Promise.reject(new ToolError('There is no paint in blue')));
    assert.deepEqual(await call(tool, {}), {
      ...textOf('There is no paint in blue'),
      isError: true,
    });
  });

  for (const code of ['invalid', 'not-found', 'conflict'] as const) {
    test(`reaches the model if it is a failure that it can mend: ${code}`, async () => {
      const tool = toolOf(() => Promise.reject(new Failure(code, 'Mend me')));
      assert.deepEqual(await call(tool, {}), { ...textOf('Mend me'), isError: true });
    });
  }

  for (const code of ['unauthorized', 'forbidden', 'limited', 'timeout', 'unavailable'] as const) {
    test(`is the protocol's to answer if the model can do nothing about it: ${code}`, async () => {
      const tool = toolOf(() => Promise.reject(new Failure(code, 'Not now')));
      await assert.rejects(call(tool, {}), isFailure(code, /^Not now$/));
    });
  }

  for (const thrown of [new Error('password=hunter2'), 'hunter2', undefined, { code: 'invalid' }]) {
    test(`is withheld if nobody foresaw it: ${typeof thrown}`, async () => {
      const tool = toolOf(() => Promise.reject(thrown));
      await assert.rejects(call(tool, {}), isFailure('internal', /^Internal error$/));
    });
  }
});

suite('a call', () => {
  test('ends at its deadline although the tool does not listen', async () => {
    await assert.rejects(call(deaf(20), {}), isFailure('timeout', /^tried took over 20 ms$/));
  });

  test('has its signal aborted at its deadline', async () => {
    const aborted = Promise.withResolvers<void>();
    const tool = toolOf(
      async (_given, { signal }) => {
        await once(signal, 'abort');
        aborted.resolve();
        return 'too late';
      },
      { timeoutMs: 20 },
    );
    await assert.rejects(call(tool, {}), isFailure('timeout', /./));
    await aborted.promise;
  });

  test('ends when it is cancelled although the tool does not listen', async () => {
    const caller = new AbortController();
    const running = call(deaf(60_000), {}, { cancellation: caller.signal });
    caller.abort(new Error('Cancelled by the caller'));
    await assert.rejects(running, isFailure('cancelled', /^Cancelled$/));
  });

  test('that was cancelled before it began ends although the tool does not listen', async () => {
    const signal = AbortSignal.abort(new Error('Cancelled by the caller'));
    const ended = call(deaf(50), {}, { cancellation: signal }).catch((thrown: unknown) => thrown);
    const patience = Promise.withResolvers<string>();
    const timer = setTimeout(patience.resolve, 500, 'still running');
    const outcome = await Promise.race([ended, patience.promise]);
    clearTimeout(timer);
    assert.ok(isFailure('cancelled', /./)(outcome));
  });

  test('that fails because it was cancelled counts as cancelled', async () => {
    const caller = new AbortController();
    const tool = toolOf(async (_given, { signal }) => {
      await once(signal, 'abort');
      throw new ToolError('I was interrupted');
    });
    const running = call(tool, {}, { cancellation: caller.signal });
    caller.abort();
    await assert.rejects(running, isFailure('cancelled', /./));
  });
});
