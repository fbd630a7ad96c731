import { z } from 'zod';

import type { Logger } from '../../shared/logger.ts';
import type { Database, SetupDatabase } from '../domain/database.ts';
import type { Principal } from '../domain/principal.ts';
import { ToolError } from './tool-error.ts';

/** Says how far a call is: `progress` grows, in whatever unit, towards `total` if that is known. */
export type ReportProgress = (progress: number, total?: number) => Promise<void>;

/** What a tool is given besides its arguments. */
export interface ToolContext {
  /** Who calls. */
  readonly principal: Principal;
  /** Aborted when the caller cancels or goes away, and when the time is up. */
  readonly signal: AbortSignal;
  readonly log: Logger;
  /** Sent to a caller who asked for it; else it costs nothing. */
  readonly progress: ReportProgress;
  /** Postgres, in the schema of the folder that the tool came from. */
  readonly db: Database;
}

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
/** What a tool answers: a text, or an object, which is sent as `structuredContent` and as its JSON. */
export type ToolOutput = string | object;

/** A tool, made by `defineTool`. */
export interface Tool {
  readonly name: string;
  readonly title: string | undefined;
  readonly description: string;
  readonly annotations: ToolAnnotations | undefined;
  readonly scope: string | undefined;
  readonly timeoutMs: number;
  readonly inputSchema: JsonSchema;
  readonly outputSchema: JsonSchema | undefined;
  /** Takes arguments that satisfy `inputSchema`. */
  readonly run: (given: unknown, context: ToolContext) => Promise<ToolOutput>;
}

/** How a tool is written down. */
export interface ToolDefinition<
  Input extends z.ZodObject,
  Output extends z.ZodObject | undefined = undefined,
> {
  /** 1 to 64 characters of `A–Z a–z 0–9 _ . -`. */
  readonly name: string;
  /** What a person reads. */
  readonly title?: string;
  /** What the model reads, and decides by. */
  readonly description: string;
  readonly annotations?: ToolAnnotations;
  /** The scope a caller must hold. Without one any caller may call it. */
  readonly scope?: string;
  /** How long a call may take. 30 s unless said otherwise. */
  readonly timeoutMs?: number;
  readonly input: Input;
  /** What `run` resolves with. Published, and held to. */
  readonly output?: Output;
  readonly run: (
    given: z.output<Input>,
    context: ToolContext,
  ) => Promise<Output extends z.ZodObject ? z.input<Output> : ToolOutput>;
}

const TIMEOUT_MS = 30_000;
const TOOL = Symbol('tool');

/** Makes a tool of its definition: the schema it publishes is the schema it is checked by. */
export function defineTool<
  Input extends z.ZodObject,
  Output extends z.ZodObject | undefined = undefined,
>(definition: ToolDefinition<Input, Output>): Tool {
  const { name, title, description, annotations, scope, input, output, run } = definition;
  const tool: Tool & { readonly [TOOL]: true } = {
    [TOOL]: true,
    name,
    title,
    description,
    annotations,
    scope,
    timeoutMs: definition.timeoutMs ?? TIMEOUT_MS,
    inputSchema: z.toJSONSchema(input, { target: 'draft-2020-12', io: 'input' }),
    outputSchema:
      output === undefined
        ? undefined
        : z.toJSONSchema(output, { target: 'draft-2020-12', io: 'input' }),
    async run(given, context) {
      // The published schema held already; this adds defaults, transforms and refinements.
      const parsed = await input.safeParseAsync(given);
      if (!parsed.success) throw new ToolError(describe(parsed.error));
      return run(parsed.data, context);
    },
  };
  return tool;
}

/** The first fault is enough to mend, and costs no more than the input was long. */
function describe({ issues: [issue] }: z.ZodError): string {
  return `${['arguments', ...(issue?.path ?? [])].join('.')}: ${issue?.message ?? 'not valid'}`;
}

/** Whether a value was made by `defineTool`. */
export function isTool(value: unknown): value is Tool {
  return typeof value === 'object' && value !== null && TOOL in value;
}
