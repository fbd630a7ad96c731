/**
 * What authors of tools import: `import { defineTool } from 'mcp-holdfast'`.
 * Nothing else of this package is public.
 */
export type { Change } from './worker/domain/change.ts';
export type {
  Annotations,
  ContentBlock,
  Icon,
  PromptMessage,
  ResourceContents,
} from './worker/domain/content.ts';
export type { Complete, Context, ReportProgress } from './worker/domain/context.ts';
export type { CopyRow, CopyRows, Database, SetupDatabase } from './worker/domain/database.ts';
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
  defineTool,
  type JsonSchema,
  type SetupContext,
  type Tool,
  type ToolAnnotations,
  type ToolDefinition,
  type ToolOutput,
} from './worker/tools/tool.ts';
export { ToolError } from './worker/tools/tool-error.ts';
export { toolResult, type WholeResult } from './worker/tools/tool-result.ts';
