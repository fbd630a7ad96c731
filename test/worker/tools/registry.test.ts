import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { z } from 'zod';

import { Failure } from '../../../src/shared/errors.ts';
import type { JsonSchema } from '../../../src/worker/domain/json-schema.ts';
import { createToolRegistry } from '../../../src/worker/tools/registry.ts';
import { defineTool, type Tool } from '../../../src/worker/tools/tool.ts';
import { entryOf, noFacilities } from './tool-context.ts';

const named = (name: string): Tool =>
  defineTool({ name, description: 'Tries.', input: z.object({}), run: async () => name });

const register = (...tools: Tool[]) => createToolRegistry(tools.map((tool) => entryOf(tool)));

function isInvalid(text: RegExp) {
  return (thrown: unknown): boolean => {
    assert.ok(thrown instanceof Failure, String(thrown));
    assert.equal(thrown.code, 'invalid');
    assert.match(thrown.message, text);
    return true;
  };
}

suite('the registry', () => {
  test('has its tools in order of their names, from whatever folder they came', () => {
    const registry = register(...['c', 'B', 'a', 'a_b', 'a.b'].map(named));
    const names = registry.tools.map(({ tool }) => tool.name);
    assert.deepEqual(names, ['B', 'a', 'a.b', 'a_b', 'c']);
  });

  test('finds what is there and nothing else', () => {
    const registry = register(named('a'));
    assert.equal(registry.find('a')?.tool.name, 'a');
    for (const name of ['A', '', 'toString', '__proto__', 'constructor']) {
      assert.equal(registry.find(name), undefined);
    }
  });

  test('gives each tool what it works with', () => {
    const other = { ...noFacilities };
    const registry = createToolRegistry([entryOf(named('a')), entryOf(named('b'), other)]);
    assert.equal(registry.find('a')?.facilities, noFacilities);
    assert.equal(registry.find('b')?.facilities, other);
  });

  test('may be empty', () => {
    assert.deepEqual(createToolRegistry([]).tools, []);
  });

  test('shows of a tool what MCP has a place for, and no more', () => {
    const tool = defineTool({
      name: 'paint',
      title: 'Paint',
      description: 'Paints.',
      annotations: { readOnlyHint: true },
      scope: 'paint:write',
      input: z.object({}),
      run: async () => 'done',
    });
    const listing = register(tool).find('paint')?.listing;
    assert.deepEqual(JSON.parse(JSON.stringify(listing)), {
      name: 'paint',
      title: 'Paint',
      description: 'Paints.',
      inputSchema: tool.inputSchema,
      annotations: { readOnlyHint: true },
    });
  });

  for (const name of ['', 'with space', 'käse', 'a/b', 'a\n', 'x'.repeat(65)]) {
    test(`does not take the name ${JSON.stringify(name)}`, () => {
      assert.throws(() => register(named(name)), isInvalid(/tool name/));
    });
  }

  for (const name of ['a', 'A-b_c.9', '__proto__', 'x'.repeat(64)]) {
    test(`takes the name ${JSON.stringify(name)}`, () => {
      assert.equal(register(named(name)).find(name)?.tool.name, name);
    });
  }

  test('takes a name once, even from two folders', () => {
    const sources = [entryOf(named('a')), entryOf(named('a'))];
    assert.throws(() => createToolRegistry(sources), isInvalid(/Two tools have the name "a"/));
  });

  test('takes no two names that differ in case alone', () => {
    assert.throws(() => register(named('pay_out'), named('Pay_Out')), isInvalid(/"Pay_Out"/));
  });

  for (const part of ['inputSchema', 'outputSchema'] as const) {
    test(`names the tool whose ${part} is no schema`, () => {
      const schema: JsonSchema = { type: 'nonsense' };
      const broken = { ...named('broken'), [part]: schema };
      assert.throws(() => register(named('fine'), broken), isInvalid(/broken/));
    });
  }

  for (const schema of [{}, { type: 'string' }, { anyOf: [] }, { type: ['object', 'null'] }]) {
    test(`names the tool whose input is no object: ${JSON.stringify(schema)}`, () => {
      const input = schema as JsonSchema; // as in a tool that is not written in TypeScript
      const broken = defineTool({
        name: 'broken',
        description: 'Tries.',
        input,
        run: async () => '',
      });
      assert.throws(() => register(named('fine'), broken), isInvalid(/"broken".*"object"/));
    });
  }

  for (const [what, settings, fault] of [
    ['no description', { description: ' ' }, /has no description/],
    ['no time', { timeoutMs: 0 }, /timeoutMs/],
    ['more time than a day', { timeoutMs: 86_400_001 }, /timeoutMs/],
    ['a time that is none', { timeoutMs: Number.NaN }, /timeoutMs/],
    ['no room for any call', { concurrencyMax: 0 }, /concurrencyMax/],
    ['half a call at once', { concurrencyMax: 0.5 }, /concurrencyMax/],
    ['a place to run that there is not', { isolate: 'process' as 'thread' }, /isolate/],
    ['retries, and may not be done twice', { retries: 1 }, /idempotentHint/],
    ['retries without end', { retries: 11, annotations: { readOnlyHint: true } }, /retries/],
    ['less than no retries', { retries: -1 }, /retries/],
  ] as const) {
    test(`names the tool that has ${what}`, () => {
      assert.throws(() => register({ ...named('odd'), ...settings }), isInvalid(fault));
    });
  }

  test('takes retries of what may be done twice, or changes nothing', () => {
    for (const annotations of [{ idempotentHint: true }, { readOnlyHint: true }]) {
      register({ ...named('again'), retries: 2, annotations });
    }
  });

  test('takes two tools whose schemas have the same name of their own', () => {
    const input = z.object({ colour: z.string() }).meta({ title: 'Paint', description: 'A paint' });
    const tools = ['a', 'b'].map((name) =>
      defineTool({ name, description: 'Tries.', input, run: async () => name }),
    );
    assert.equal(register(...tools).tools.length, 2);
  });

  test('takes a tool whose schema refers to parts of itself', () => {
    const Node = z.object({
      name: z.string(),
      get children() {
        return z.array(Node);
      },
    });
    const tool = defineTool({
      name: 'tree',
      description: 'Tries.',
      input: z.object({ root: Node }),
      run: async () => 'done',
    });
    const check = register(tool).find('tree')?.checkArguments;
    assert.equal(check?.({ root: { name: 'a', children: [] } }), undefined);
    assert.match(check?.({ root: { name: 'a', children: [{}] } }) ?? '', /root\.children\.0/);
  });
});
