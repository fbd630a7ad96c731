/** Workers with one tool whose answers are kept. */
import assert from 'node:assert/strict';

import { silent } from '../../../src/shared/logger.ts';
import type { CallContext, Context } from '../../../src/worker/domain/context.ts';
import type { Facilities } from '../../../src/worker/domain/facilities.ts';
import type { JsonSchema } from '../../../src/worker/domain/json-schema.ts';
import type { Principal } from '../../../src/worker/domain/principal.ts';
import type { ToolResult } from '../../../src/worker/domain/tool-result.ts';
import { openResultCache } from '../../../src/worker/store/result-cache.ts';
import { createCached } from '../../../src/worker/tools/cached.ts';
import { createToolRegistry } from '../../../src/worker/tools/registry.ts';
import {
  type CachePolicy,
  defineTool,
  type Tool,
  type ToolOutput,
} from '../../../src/worker/tools/tool.ts';
import { type ConnectOptions, connect } from '../store/connected.ts';
import { contextOf, entryOf, openWay, runCall } from './tool-context.ts';

export const ann: Principal = { id: 'key:ann', scopes: new Set(['notes:read']) };
const ANYTHING: JsonSchema = { type: 'object' };
export const MINUTE_MS = 60_000;

export type Given = Readonly<Record<string, unknown>>;
export type Run = (given: Given, context: Context) => Promise<ToolOutput>;

/** A tool that only reads, and whose answers are kept for a minute unless said otherwise. */
export function toolOf(run: Run, cache: CachePolicy | undefined = { ttlMs: MINUTE_MS }): Tool {
  const tool = defineTool({
    name: 'prices',
    description: 'Says what things cost.',
    annotations: { readOnlyHint: true },
    input: ANYTHING,
    run,
  });
  return { ...tool, cache };
}

/** A tool that says how often it ran. */
export function counting(cache?: CachePolicy) {
  const counted = { runs: 0 };
  const tool = toolOf(async () => {
    counted.runs += 1;
    return `run ${counted.runs}`;
  }, cache);
  return { tool, counted };
}

/** A worker among others, with one tool. */
export async function openCached(
  tool: Tool,
  options: ConnectOptions & {
    readonly version?: string;
    readonly facilities?: Facilities;
  } = {},
) {
  const connected = await connect(options);
  const results = openResultCache({ ...connected, log: silent });
  const outcomes: string[] = [];
  const cached = createCached({
    results,
    count: (name, outcome) => outcomes.push(`${name} ${outcome}`),
  });
  const callTool = openWay({ cached });
  const entry = entryOf(tool, options.facilities);
  const { version = entry.origin.version } = options;
  const origin = { ...entry.origin, version };
  const registered = createToolRegistry([{ ...entry, origin }]).find(tool.name) ?? assert.fail();
  return {
    ...connected,
    outcomes,
    call: (given: Given, context: Partial<CallContext> = {}): Promise<ToolResult> =>
      callTool(registered, given, contextOf({ principal: ann, ...context }), runCall),
    [Symbol.dispose]: () => {
      results[Symbol.dispose]();
      connected[Symbol.dispose]();
    },
  };
}

/** The text of a result. */
export const textOf = ({ content: [block] }: ToolResult): string =>
  block?.type === 'text' ? block.text : assert.fail('It is no text');
