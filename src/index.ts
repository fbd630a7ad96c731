/**
 * What authors of tools import: `import { defineTool } from 'mcp-holdfast'`.
 * Nothing else of this package is public.
 */
export type { CopyRow, CopyRows, Database, SetupDatabase } from './worker/domain/database.ts';
export type { Principal } from './worker/domain/principal.ts';
export {
  defineTool,
  type ReportProgress,
  type SetupContext,
  type Tool,
  type ToolAnnotations,
  type ToolContext,
  type ToolDefinition,
  type ToolOutput,
} from './worker/tools/tool.ts';
export { ToolError } from './worker/tools/tool-error.ts';
