import { weighJson } from '../../../shared/json.ts';
import type { ToolResult } from '../../domain/tool-result.ts';
import { isTextOver } from '../result-size.ts';
import type { ToolOutput } from '../tool.ts';
import { isWholeResult, toolResult } from '../tool-result.ts';

/** What a tool answered, as its JSON: that is what is sent in the end, so nothing is lost that would not be. */
export interface EncodedOutput {
  readonly isWhole: boolean;
  readonly json: string;
}

/** Writes down what a tool answered. Nothing, if that has more than so many bytes. Throws a `TypeError` if it is no JSON. */
export function encodeOutput(output: unknown, bytesMax: number): EncodedOutput | undefined {
  // TypeScript would not have it; JavaScript does.
  if (typeof output !== 'string' && (typeof output !== 'object' || output === null)) {
    throw new TypeError('A tool answers a text, an object or a whole result');
  }
  if (weighJson(output, bytesMax) > bytesMax) return undefined;
  const json = JSON.stringify(output);
  return isTextOver(json, bytesMax) ? undefined : { isWhole: isWholeResult(output), json };
}

/** Reads it again. */
export function decodeOutput({ isWhole, json }: EncodedOutput): ToolOutput {
  if (!isWhole) {
    const output: ToolOutput = JSON.parse(json);
    return output;
  }
  const result: ToolResult = JSON.parse(json);
  return toolResult(result);
}
