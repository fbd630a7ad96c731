/** What a tool told agents of itself when an operator approved it. */
export interface ToolPin {
  readonly name: string;
  /** A hash of what it told. */
  readonly definition: string;
  /** What it told, for people to compare (MCP 2025-11-25, schema: `Tool`). */
  readonly told: object;
}

/** The tools that were approved. One that tells something else by now is held back until it is approved again. */
export interface ToolPins {
  /** Whether a tool of that name was approved as something else. */
  isHeldBack(name: string, definition: string): boolean;
  /** Calls `heed` when others are approved than before, until what this returns is disposed of. */
  onChange(heed: () => void): Disposable;
}
