import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { z } from 'zod';

import { Failure } from '../../../src/shared/errors.ts';
import { createToolRegistry } from '../../../src/worker/tools/registry.ts';
import { defineTool, type JsonSchema, type Tool } from '../../../src/worker/tools/tool.ts';
import { noDatabase } from './tool-context.ts';

const named = (name: string): Tool =>
  defineTool({ name, description: 'Tries.', input: z.object({}), run: async () => name });

const register = (...tools: Tool[]) => createToolRegistry([{ tools, db: noDatabase }]);

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
    const registry = createToolRegistry([
      { tools: [named('c'), named('B')], db: noDatabase },
      { tools: [named('a'), named('a_b'), named('a.b')], db: { ...noDatabase } },
    ]);
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

  test('gives each tool the database of its own folder', () => {
    const other = { ...noDatabase };
    const registry = createToolRegistry([
      { tools: [named('a')], db: noDatabase },
      { tools: [named('b')], db: other },
    ]);
    assert.equal(registry.find('a')?.db, noDatabase);
    assert.equal(registry.find('b')?.db, other);
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
    const sources = [
      { tools: [named('a')], db: noDatabase },
      { tools: [named('a')], db: noDatabase },
    ];
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
      const broken = defineTool({ name: 'broken', description: '', input, run: async () => '' });
      assert.throws(() => register(named('fine'), broken), isInvalid(/"broken".*"object"/));
    });
  }

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
