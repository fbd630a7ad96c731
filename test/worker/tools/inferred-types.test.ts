/** What TypeScript knows of a tool: `tsc` is what fails here. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { toStandardJsonSchema } from '@valibot/to-json-schema';
import { definePrompt, defineTool, toolResult } from 'mcp-holdfast';
import * as v from 'valibot';
import { z } from 'zod';

type Same<A, B> =
  // oxlint-disable-next-line no-unnecessary-type-parameters -- the one known way to tell types apart that satisfy each other
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Compiles only where both types are the same. */
function same<A, B>(..._proof: Same<A, B> extends true ? [] : ['these are not the same']): void {}

const base = { name: 'paint', description: 'Paints.' };

suite('the types of a tool', () => {
  test('follow from a schema of zod: what goes in parsed, what comes out as given', () => {
    const tool = defineTool({
      ...base,
      input: z.object({ colour: z.enum(['red', 'green']), coats: z.int().default(2) }),
      output: z.object({ litres: z.number(), note: z.string().default('') }),
      run: async (given, context) => {
        same<typeof given, { colour: 'red' | 'green'; coats: number }>();
        same<typeof context.principal.id, string>();
        return { litres: given.coats };
      },
    });
    assert.equal(tool.name, 'paint');
  });

  test('follow from a schema of valibot', () => {
    const input = toStandardJsonSchema(v.object({ coats: v.optional(v.number(), 2) }));
    const tool = defineTool({
      ...base,
      input,
      run: async (given) => {
        same<typeof given, { coats: number }>();
        return String(given.coats);
      },
    });
    assert.equal(tool.inputSchema.type, 'object');
  });

  test('of JSON Schema are unknown, field by field', () => {
    defineTool({
      ...base,
      input: { type: 'object' },
      run: async (given) => {
        same<typeof given, Readonly<Record<string, unknown>>>();
        return {};
      },
    });
    defineTool({ ...base, run: async () => 'without arguments' });
  });

  test('refuse an answer that is not what was said, and take a whole result all the same', () => {
    const output = z.object({ litres: z.number() });
    defineTool({
      ...base,
      output,
      // @ts-expect-error -- litres is a number
      run: async () => ({ litres: 'many' }),
    });
    defineTool({
      ...base,
      output,
      // @ts-expect-error -- a text is no object with litres
      run: async () => 'many',
    });
    defineTool({
      ...base,
      output,
      run: async () => toolResult({ content: [], structuredContent: { litres: 1 } }),
    });
    // @ts-expect-error -- a number is neither text, object nor whole result
    defineTool({ ...base, run: async () => 7 });
  });

  test('refuse a schema that cannot say itself as JSON Schema', () => {
    assert.throws(() =>
      defineTool({
        ...base,
        // @ts-expect-error -- valibot's own does not, unless it is wrapped
        input: v.object({ coats: v.number() }),
        run: async () => 'never',
      }),
    );
  });

  test('of a prompt follow from its arguments', () => {
    definePrompt({
      name: 'choose',
      arguments: z.object({ room: z.string(), light: z.string().optional() }),
      get: async (given) => {
        same<typeof given, { room: string; light?: string | undefined }>();
        return given.room;
      },
    });
    definePrompt({ name: 'plain', get: async () => 'Choose.' });
  });
});
