import type { Logger } from '../../shared/logger.ts';
import {
  type AuthorSchema,
  isStandard,
  type Parsed,
  parseBySchema,
  publishSchema,
  type Satisfying,
  type StandardSchema,
} from '../authoring/author-schema.ts';
import { noteMaker } from '../authoring/maker.ts';
import type { Icon } from '../domain/content.ts';
import type { Context } from '../domain/context.ts';
import type { SetupDatabase } from '../domain/database.ts';
import type { JsonSchema } from '../domain/json-schema.ts';
import type { ToolResult } from '../domain/tool-result.ts';
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

/** What a tool answers: a text, an object, which is sent as `structuredContent` and as its JSON, or a whole result. */
export type ToolOutput = string | object | WholeResult;

type Output<Described extends AuthorSchema | undefined> = Described extends StandardSchema
  ? (Satisfying<Described> & object) | WholeResult
  : ToolOutput;

/**
 * How long what a tool answers may be answered again, for the same arguments. For tools with `readOnlyHint` alone. Of those who call at
 * once one is served by the tool, and the others with the same answer. Errors, results with `_meta`, and what came of a call
 * that asked or announced something are not kept. The tool learns no address and no baggage of its caller.
 */
export interface CachePolicy {
  /** How long an answer is fresh: 1 ms to a day. */
  readonly ttlMs: number;
  /** How long after that it may still be given, while a new one is fetched: 1 ms to a day. Not at all, if absent. */
  readonly staleMs?: number;
  /** The answer is the same for all callers: the tool does not learn who calls. Else each has its own. */
  readonly public?: boolean;
}

/** Where a tool's code runs: in the worker's own thread, or in one that can be ended. */
export type Isolation = 'inline' | 'thread';

/** Tries a tool before it is served. Throws if it is not fit. `call` does what an agent's call would. */
export type SelfTest = (
  call: (given: Readonly<Record<string, unknown>>) => Promise<ToolResult>,
  context: Context,
) => Promise<void>;

/** A tool, made by `defineTool`. */
export interface Tool {
  readonly name: string;
  readonly title: string | undefined;
  readonly description: string;
  readonly icons: readonly Icon[] | undefined;
  readonly annotations: ToolAnnotations | undefined;
  readonly scope: string | undefined;
  readonly timeoutMs: number;
  /** Calls that run at once in one worker. As many as `MCP_TOOL_CONCURRENCY_MAX` says, if absent. */
  readonly concurrencyMax: number | undefined;
  readonly isolate: Isolation;
  readonly cache: CachePolicy | undefined;
  /** How often a call is tried again that failed for want of something (`unavailable`). For tools with `idempotentHint` or `readOnlyHint` alone. */
  readonly retries: number;
  readonly selfTest: SelfTest | undefined;
  readonly inputSchema: JsonSchema;
  readonly outputSchema: JsonSchema | undefined;
  /** Takes arguments that satisfy `inputSchema`. */
  readonly run: (given: Readonly<Record<string, unknown>>, context: Context) => Promise<ToolOutput>;
}

/** How a tool is written down. */
export interface ToolDefinition<
  Input extends AuthorSchema = JsonSchema,
  Described extends AuthorSchema | undefined = undefined,
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
  /** Calls that run at once in one worker; others wait for their turn. */
  readonly concurrencyMax?: number;
  /** `thread` for what computes long, or may not stop: it is ended with its time. Of the context it has principal, signal, log and progress. `inline` unless said otherwise. */
  readonly isolate?: Isolation;
  readonly cache?: CachePolicy;
  /** How often a call is tried again that found something away. None unless said otherwise. */
  readonly retries?: number;
  readonly selfTest?: SelfTest;
  /** Without one it takes no arguments. */
  readonly input?: Input;
  /** What `run` resolves with. Published, and held to. */
  readonly output?: Described;
  readonly run: (given: Parsed<Input>, context: Context) => Promise<Output<Described>>;
}

const TIMEOUT_MS = 30_000;
const NO_ARGUMENTS: JsonSchema = { type: 'object', properties: {}, additionalProperties: false };
const TOOL = Symbol('tool');

/** Makes a tool of its definition: the schema it publishes is the schema it is checked by. */
export function defineTool<
  Input extends AuthorSchema = JsonSchema,
  Described extends AuthorSchema | undefined = undefined,
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
    concurrencyMax: definition.concurrencyMax,
    isolate: definition.isolate ?? 'inline',
    cache: definition.cache,
    retries: definition.retries ?? 0,
    selfTest: definition.selfTest,
    inputSchema: input === undefined ? NO_ARGUMENTS : publishSchema(input, `input of "${name}"`),
    outputSchema: output === undefined ? undefined : publishSchema(output, `output of "${name}"`),
    run: async (given, context) => {
      if (input !== undefined && isStandard(input)) {
        return run(await parseBySchema(input, given, refuse), context);
      }
      // oxlint-disable-next-line no-unsafe-type-assertion -- it satisfies the published schema, which is all there is
      return run(given as Parsed<Input>, context);
    },
  };
  noteMaker(tool);
  return tool;
}

/** Whether a value was made by `defineTool`. */
export function isTool(value: unknown): value is Tool {
  return typeof value === 'object' && value !== null && TOOL in value;
}

function refuse(fault: string): ToolError {
  return new ToolError(fault);
}
