import { weighJson } from '../../shared/json.ts';
import type { ToolResult } from '../domain/tool-result.ts';
import type { RegisteredTool } from './registry.ts';
import { isJsonOver, isTextOver } from './result-size.ts';
import type { Check } from './schema.ts';
import type { ToolOutput } from './tool.ts';
import { isWholeResult } from './tool-result.ts';

/**
 * What a call comes to, of what its tool answered. Nothing, if that has more than so many bytes: the text that an object
 * is sent as too is not counted again. Throws if the tool does not keep what it promised, or has no JSON.
 */
export function resultOf(
  output: ToolOutput,
  { checkOutput }: RegisteredTool,
  bytesMax: number,
): ToolResult | undefined {
  if (typeof output === 'string') {
    if (isTextOver(output, bytesMax)) return undefined;
    holdTo(checkOutput, output);
    return { content: [{ type: 'text', text: output }] };
  }
  if (isWholeResult(output)) {
    if (isJsonOver(output, bytesMax)) return undefined;
    if (output.isError !== true) holdTo(checkOutput, output.structuredContent);
    return output;
  }
  if (weighJson(output, bytesMax) > bytesMax) return undefined;
  holdTo(checkOutput, output);
  // TypeScript would not have it; JavaScript does.
  if (typeof output !== 'object' || output === null) {
    throw new TypeError('A tool answers a text, an object or a whole result');
  }
  const text = JSON.stringify(output);
  if (isTextOver(text, bytesMax)) return undefined;
  return { content: [{ type: 'text', text }], structuredContent: output };
}

/** A result that tells the model what went wrong. */
export function failed(text: string): ToolResult {
  return { content: [{ type: 'text', text }], isError: true };
}

/** What a tool said that it answers, it has to answer. */
function holdTo(check: Check | undefined, output: unknown): void {
  const flaw = check?.(output);
  if (flaw !== undefined) throw new Error(flaw);
}
