/**
 * What authors of tools import: `import { defineTool } from 'mcp-holdfast'`.
 * Nothing else of this package is public.
 */
export type { StandardSchema } from './worker/authoring/author-schema.ts';
export type { Cache, ToolCache } from './worker/domain/cache.ts';
export type { Change } from './worker/domain/change.ts';
export type {
  Annotations,
  ContentBlock,
  Icon,
  PromptMessage,
  ResourceContents,
} from './worker/domain/content.ts';
export type { Complete, Context, ReportProgress } from './worker/domain/context.ts';
export type {
  CallDatabase,
  CopyRow,
  CopyRows,
  Database,
  Described,
  JsonValue,
  SetupDatabase,
  SqlValue,
  Taken,
  TakeOptions,
} from './worker/domain/database.ts';
export type { Fetch, FetchOptions } from './worker/domain/fetch.ts';
export type { JsonSchema } from './worker/domain/json-schema.ts';
export type { LogLevel } from './worker/domain/log-level.ts';
export type { Principal } from './worker/domain/principal.ts';
export type {
  AnswersTo,
  Ask,
  ElicitationAnswer,
  Question,
  Questions,
  RootsAnswer,
  SamplingAnswer,
} from './worker/domain/question.ts';
export { InputRequired } from './worker/domain/question.ts';
export type { ToolResult } from './worker/domain/tool-result.ts';
export type { TraceContext } from './worker/domain/trace.ts';
export {
  definePrompt,
  type Prompt,
  type PromptArgument,
  type PromptDefinition,
  type PromptOutput,
} from './worker/prompts/prompt.ts';
export {
  defineResource,
  type Resource,
  type ResourceAddress,
  type ResourceDefinition,
  type ResourceOutput,
} from './worker/resources/resource.ts';
export {
  type CachePolicy,
  defineTool,
  type Isolation,
  type SelfTest,
  type SetupContext,
  type Tool,
  type ToolAnnotations,
  type ToolDefinition,
  type ToolOutput,
} from './worker/tools/tool.ts';
export { ToolError } from './worker/tools/tool-error.ts';
export { toolResult, type WholeResult } from './worker/tools/tool-result.ts';
