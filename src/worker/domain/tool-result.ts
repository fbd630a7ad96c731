import type { ContentBlock } from './content.ts';

/** What a call comes to (MCP 2025-11-25 and 2026-07-28, schema: `CallToolResult`). */
export interface ToolResult {
  readonly content: readonly ContentBlock[];
  readonly structuredContent?: unknown;
  /** It failed, and the content tells the model why. */
  readonly isError?: boolean;
  readonly _meta?: Readonly<Record<string, unknown>>;
}
