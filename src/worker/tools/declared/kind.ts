import type { JsonSchema } from '../../domain/json-schema.ts';
import type { Tool, ToolAnnotations } from '../tool.ts';
import type { Parameters } from './parameters.ts';
import type { DeclaredMap } from './value.ts';

/** What is known of a tool before its kind is asked. */
export interface DeclaredTool {
  readonly name: string;
  readonly timeoutMs: number;
  readonly annotations: ToolAnnotations;
  readonly parameters: Parameters;
  /** What definitions may refer to: credentials of theirs. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** What a kind makes of a tool's own fields. */
interface DeclaredWork {
  /** Takes arguments that satisfy the parameters, as the model gave them. */
  readonly run: Tool['run'];
  readonly selfTest?: Tool['selfTest'];
  /** What it knows of itself. An author who says otherwise is refused. */
  readonly annotations: ToolAnnotations;
}

/** A kind of tool that is declared, and not programmed. */
export interface DeclaredKind {
  /** What it is, for authors. */
  readonly description: string;
  /** The fields it has beside those of all tools, as JSON Schemas that are published, and tell authors what to write. */
  readonly fields: Readonly<Record<string, JsonSchema>>;
  /** Those that have to be there. */
  readonly required: readonly string[];
  /** Throws a `LoadFailure` that says where they are not as they should be. */
  make(map: DeclaredMap, tool: DeclaredTool): DeclaredWork;
}
