import type { ToolResult } from '../domain/tool-result.ts';

const WHOLE = Symbol('whole result');

/** A result that passes as it is, made by `toolResult`. */
export interface WholeResult extends ToolResult {
  readonly [WHOLE]: true;
}

/** For what a text or an object cannot say: pictures, sounds, links, several pieces, or a failure in the tool's own words. */
export function toolResult(result: ToolResult): WholeResult {
  return { ...result, [WHOLE]: true };
}

/** Whether a value was made by `toolResult`. */
export function isWholeResult(value: unknown): value is WholeResult {
  return typeof value === 'object' && value !== null && WHOLE in value;
}
