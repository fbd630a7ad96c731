/** An argument of a tool that callers over HTTP say in a header too (2026-07-28, server/tools, `x-mcp-header`). */
export interface MirroredArgument {
  /** What follows `Mcp-Param-`. */
  readonly name: string;
  /** The fields that lead to it. */
  readonly path: readonly string[];
}
