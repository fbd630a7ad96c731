import { z } from 'zod';

import type { Logger } from '../../shared/logger.ts';
import type { Icon } from '../domain/content.ts';
import type { Context } from '../domain/context.ts';
import type { SetupDatabase } from '../domain/database.ts';
import { ToolError } from './tool-error.ts';
import type { WholeResult } from './tool-result.ts';

/** What the `setup` of a tools folder is given, once, in the canary, before any worker serves. */
export interface SetupContext {
  readonly db: SetupDatabase;
  readonly log: Logger;
  /** Shown on the terminal of whoever started the server. */
  readonly progress: (done: number, total: number) => void;
}

/** Hints for the program that decides whether to ask its user first (MCP 2025-11-25, schema: `ToolAnnotations`). */
export interface ToolAnnotations {
  /** It changes nothing. */
  readonly readOnlyHint?: boolean;
  /** It may delete or overwrite. */
  readonly destructiveHint?: boolean;
  /** Calling it twice with the same arguments does what calling it once does. */
  readonly idempotentHint?: boolean;
  /** It reaches things outside this server. */
  readonly openWorldHint?: boolean;
}

/** A JSON Schema of draft 2020-12. */
export type JsonSchema = Readonly<Record<string, unknown>>;
/** How a tool's arguments or output are described: by zod, or in JSON Schema, which is published as it is. */
export type Schema = z.ZodObject | JsonSchema;
/** What a tool answers: a text, an object, which is sent as `structuredContent` and as its JSON, or a whole result. */
export type ToolOutput = string | object | WholeResult;

type Given<Input extends Schema> = Input extends z.ZodObject
  ? z.output<Input>
  : Readonly<Record<string, unknown>>;
type Output<Described extends Schema | undefined> = Described extends z.ZodObject
  ? z.input<Described> | WholeResult
  : ToolOutput;

/** A tool, made by `defineTool`. */
export interface Tool {
  readonly name: string;
  readonly title: string | undefined;
  readonly description: string;
  readonly icons: readonly Icon[] | undefined;
  readonly annotations: ToolAnnotations | undefined;
  readonly scope: string | undefined;
  readonly timeoutMs: number;
  readonly inputSchema: JsonSchema;
  readonly outputSchema: JsonSchema | undefined;
  /** Takes arguments that satisfy `inputSchema`. */
  readonly run: (given: Readonly<Record<string, unknown>>, context: Context) => Promise<ToolOutput>;
}

/** How a tool is written down. */
export interface ToolDefinition<
  Input extends Schema = JsonSchema,
  Described extends Schema | undefined = undefined,
> {
  /** 1 to 64 characters of `A–Z a–z 0–9 _ . -`. */
  readonly name: string;
  /** What a person reads. */
  readonly title?: string;
  /** What the model reads, and decides by. */
  readonly description: string;
  readonly icons?: readonly Icon[];
  readonly annotations?: ToolAnnotations;
  /** The scope a caller must hold. Without one any caller may call it. */
  readonly scope?: string;
  /** How long a call may take. 30 s unless said otherwise. */
  readonly timeoutMs?: number;
  /** Without one it takes no arguments. */
  readonly input?: Input;
  /** What `run` resolves with. Published, and held to. */
  readonly output?: Described;
  readonly run: (given: Given<Input>, context: Context) => Promise<Output<Described>>;
}

const TIMEOUT_MS = 30_000;
const NO_ARGUMENTS: JsonSchema = { type: 'object', properties: {}, additionalProperties: false };
const TOOL = Symbol('tool');

/** Makes a tool of its definition: the schema it publishes is the schema it is checked by. */
export function defineTool<
  Input extends Schema = JsonSchema,
  Described extends Schema | undefined = undefined,
>(definition: ToolDefinition<Input, Described>): Tool {
  const { name, title, description, icons, annotations, scope, input, output, run } = definition;
  const tool: Tool & { readonly [TOOL]: true } = {
    [TOOL]: true,
    name,
    title,
    description,
    icons,
    annotations,
    scope,
    timeoutMs: definition.timeoutMs ?? TIMEOUT_MS,
    inputSchema: input === undefined ? NO_ARGUMENTS : publish(input),
    outputSchema: output === undefined ? undefined : publish(output),
    // The published schema held already; a library's own adds defaults, transforms and refinements.
    run: async (given, context) => run(await parse<Input>(input, given), context),
  };
  return tool;
}

/** Whether a value was made by `defineTool`. */
export function isTool(value: unknown): value is Tool {
  return typeof value === 'object' && value !== null && TOOL in value;
}

function publish(schema: Schema): JsonSchema {
  if (!isZod(schema)) return schema;
  return z.toJSONSchema(schema, { target: 'draft-2020-12', io: 'input' });
}

async function parse<Input extends Schema>(
  input: Input | undefined,
  given: Readonly<Record<string, unknown>>,
): Promise<Given<Input>> {
  // oxlint-disable-next-line no-unsafe-type-assertion -- where the input is no schema of zod's, this is the type of what is given
  if (input === undefined || !isZod(input)) return given as Given<Input>;
  const parsed = await input.safeParseAsync(given);
  if (!parsed.success) throw new ToolError(describe(parsed.error));
  // oxlint-disable-next-line no-unsafe-type-assertion -- TypeScript does not see that the guard chose the branch of the type
  return parsed.data as Given<Input>;
}

function isZod(schema: Schema): schema is z.ZodObject {
  return schema instanceof z.ZodType;
}

/** The first fault is enough to mend, and costs no more than the input was long. */
function describe({ issues: [issue] }: z.ZodError): string {
  return `${['arguments', ...(issue?.path ?? [])].join('.')}: ${issue?.message ?? 'not valid'}`;
}
